"""Write the chart's generated files anew."""

from helm.generated import write

if __name__ == "__main__":
    write()
