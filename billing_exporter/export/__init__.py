"""Export of billing data as tables for finance: FOCUS datasets and a plain statement."""
