using System.Text;

namespace OrleansTasks.Simulation.Worker;

/// <summary>What simulated commands leave as their results: it tells which attempt it is of.</summary>
internal static class SimResults
{
    /// <summary>The result of an attempt that succeeds; empty when it leaves none.</summary>
    public static ReadOnlyMemory<byte> Of(string task, int attempt) => DigitOf(task) < 3
        ? default
        : Encoding.UTF8.GetBytes(Convert.ToInt32(task[^2..^1], 16) switch
        {
            0 => FormattableString.Invariant($"{{\"of\":\"{task}\",\"attempt\":{attempt}}}"),
            >= 1 and <= 4 => "[]",
            var more => FormattableString.Invariant(
                $"[\"{task}\",{attempt}{string.Concat(Enumerable.Range(0, more * more / 3).Select(static item => $",{item}"))}]"),
        });

    /// <summary>Whether what an attempt leaves cannot be read.</summary>
    public static bool IsBad(string task, int attempt) => DigitOf(task) == 15 && attempt == 1;

    /// <summary>The last hexadecimal digit of a task's id.</summary>
    public static int DigitOf(string task) => Convert.ToInt32(task[^1..], 16);
}
