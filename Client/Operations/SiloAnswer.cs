using System.ComponentModel;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Figures;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Operations;

/// <summary>The figures of a silo's process, as the HTTP contract shows them.</summary>
[Schema("SiloDetail"), Description("The figures of a silo's process.")]
internal sealed record SiloAnswer(
    [property: Description("The silo's name.")]
    string Name,
    [property: Description("When the silo began to count.")]
    Timestamp Since,
    [property: Description("The number of processors that the process uses.")]
    double? Cpu,
    [property: Description("The working set of the process.")]
    long MemoryBytes,
    [property: Description("The 99th percentile of the garbage collection pause per second, over the last 300 seconds.")]
    double? GcPauseP99Ms,
    [property: Description("Work items that wait for a thread.")]
    long Pending)
{
    private const int Digits = 4;

    /// <summary>The example of the contract.</summary>
    public static SiloAnswer Example => new("silo", Examples.Time, 0.04, 183_500_800, 1.2, 0);

    /// <summary>Returns the answer of a silo.</summary>
    public static SiloAnswer Of(SiloNow silo) => new(
        silo.Figures.Silo, silo.Figures.Since, Rounded(silo.Processors), silo.Figures.MemoryBytes, Rounded(silo.GcPauseP99),
        silo.Figures.Pending);

    private static double? Rounded(double? figure) => figure is { } known ? Math.Round(known, Digits) : null;
}
