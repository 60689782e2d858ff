"""Write the chart's generated files again."""

from tools.chart.generated import write

if __name__ == "__main__":
    write()
