using System.Globalization;

namespace OrleansTasks.Processing.Resources;

/// <summary>How people write amounts of resources, and how large they may be.</summary>
public static class ResourceForms
{
    /// <summary>Maximum cores, in thousandths.</summary>
    public const long MostCpu = 100_000_000;

    /// <summary>Maximum memory in bytes: 1 PiB.</summary>
    public const long MostMemory = 1L << 50;

    /// <summary>Maximum number of GPUs.</summary>
    public const long MostGpus = 1_024;

    /// <summary>Maximum amount of any other resource.</summary>
    public const long MostUnits = 1_000_000_000;

    private const double Thousand = 1_000;

    // The longest suffixes come last, so that a search for an exact multiple goes from the largest unit down.
    private static readonly (string Suffix, int Shift)[] Units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

    /// <summary>Returns the largest amount of a resource.</summary>
    public static long MostOf(string name) => name switch
    {
        ResourceName.Cpu => MostCpu,
        ResourceName.Memory => MostMemory,
        ResourceName.Gpu => MostGpus,
        _ => MostUnits,
    };

    /// <summary>Returns what an amount of a resource looks like, for messages.</summary>
    public static string FormOf(string name) => name switch
    {
        ResourceName.Cpu => "a number of cores from 0.001 to 100,000 with at most three decimals, such as 4 or 0.5",
        ResourceName.Memory => "bytes as a whole number, or a string with a unit such as 8GiB, up to 1024TiB",
        ResourceName.Gpu => "a whole number from 1 to 1,024",
        _ => "a whole number from 1 to 1,000,000,000",
    };

    /// <summary>Parses an amount as a person writes it. Returns false if it is no amount of the resource.</summary>
    public static bool TryParse(string name, string text, out long amount)
    {
        amount = 0;
        if (name == ResourceName.Cpu)
        {
            return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cores)
                && TryOfCores(cores, out amount);
        }

        var (digits, shift) = name == ResourceName.Memory ? WithoutUnit(text) : (text, 0);
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var units))
            return false;
        var most = MostOf(name);
        if (units < 1 || units > most >> shift)
            return false;
        amount = units << shift;
        return true;
    }

    /// <summary>Converts cores to thousandths. Returns false outside the bounds, or with more than three decimals.</summary>
    public static bool TryOfCores(double cores, out long thousandths)
    {
        thousandths = 0;
        var exact = cores * Thousand;
        if (!(exact is >= 1 and <= MostCpu) || Math.Abs(exact - Math.Round(exact)) > 1e-6 * Math.Max(1, exact))
            return false;
        thousandths = (long)Math.Round(exact);
        return true;
    }

    /// <summary>Returns an amount as people read and write it: <c>0.5</c>, <c>8GiB</c>, <c>3</c>.</summary>
    public static string Format(string name, long amount)
    {
        if (name == ResourceName.Cpu)
            return (amount / Thousand).ToString("0.###", CultureInfo.InvariantCulture);
        if (name == ResourceName.Memory)
        {
            for (var i = Units.Length - 1; i >= 0; i--)
            {
                if (amount != 0 && amount % (1L << Units[i].Shift) == 0)
                    return (amount >> Units[i].Shift).ToString(CultureInfo.InvariantCulture) + Units[i].Suffix;
            }
        }

        return amount.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Returns an amount for a sentence; memory is rounded to a unit that shows its size.</summary>
    public static string Describe(string name, long amount) =>
        $"{Rounded(name, amount)} {(IsLargeMemory(name, amount) ? "of memory" : name)}";

    /// <summary>
    /// Returns how much there is of an amount that is needed: <c>2 of the 4 gpu</c>, <c>8 GiB of the 16 GiB of
    /// memory</c>.
    /// </summary>
    public static string DescribePart(string name, long has, long needs) =>
        $"{Rounded(name, has)} of the {Describe(name, needs)}";

    private static bool IsLargeMemory(string name, long amount) => name == ResourceName.Memory && amount >= 1L << 20;

    private static string Rounded(string name, long amount)
    {
        if (!IsLargeMemory(name, amount))
            return Format(name, amount);
        var (unit, shift) = amount >= 1L << 30 ? ("GiB", 30) : ("MiB", 20);
        return string.Create(CultureInfo.InvariantCulture, $"{amount / (double)(1L << shift):0.#} {unit}");
    }

    private static (string Digits, int Shift) WithoutUnit(string text)
    {
        foreach (var (suffix, shift) in Units)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal))
                return (text[..^suffix.Length], shift);
        }

        return (text, 0);
    }
}
