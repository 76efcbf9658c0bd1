using System.Text;

namespace OrleansTasks.Simulation.Worker;

/// <summary>What simulated commands leave as their results: it tells which attempt it is of.</summary>
internal static class SimResults
{
    /// <summary>The result of an attempt that succeeds; empty when it leaves none.</summary>
    public static ReadOnlyMemory<byte> Of(string task, int attempt) =>
        DigitOf(task) < 3 ? default : Encoding.UTF8.GetBytes(FormattableString.Invariant($"[\"{task}\",{attempt}]"));

    /// <summary>Whether what an attempt leaves cannot be read.</summary>
    public static bool IsBad(string task, int attempt) => DigitOf(task) == 15 && attempt == 1;

    private static int DigitOf(string task) => Convert.ToInt32(task[^1..], 16);
}
