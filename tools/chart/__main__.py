"""Write the chart's generated files anew."""

from tools.chart.generated import write

if __name__ == "__main__":
    write()
