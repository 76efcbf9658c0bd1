using System.Globalization;

namespace OrleansTasks.Allocation.Tests;

/// <summary>
/// What hot paths allocate, compared with <c>allocations.txt</c>. More costs every task processor time and pauses; less
/// is written down, so that it is not lost again.
/// </summary>
public sealed class AllocationTests(ITestOutputHelper output)
{
    // A count repeats exactly; a runtime of another patch may count a few bytes more or less.
    private const double Tolerance = 0.01;
    private const int Repeats = 3;

    /// <summary>The paths.</summary>
    public static TheoryData<string> Names() => [.. HotPaths.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Path_OfATask_AllocatesWhatIsWrittenDown(string path)
    {
        var counted = Count(path);
        output.WriteLine(Line(path, counted));
        if (Verdict(path, Expected(path), counted) is { } fault)
            Assert.Fail(fault);
    }

    [Fact]
    public void File_NamesThePathsThatAreCounted() =>
        Assert.Equal(HotPaths.All.Keys.Order(StringComparer.Ordinal), Read().Keys.Order(StringComparer.Ordinal));

    [Theory]
    [InlineData(1_000, 1_009, null)]
    [InlineData(1_000, 991, null)]
    [InlineData(1_000, 1_011, "1011 bytes a task, 1000 before (+1.1 %)")]
    [InlineData(1_000, 900, "900 bytes a task, 1000 before (-10 %)")]
    [InlineData(0, 8, "8 bytes a task, 0 before")]
    public void Verdict_SaysWhatChangedAndHowToAcceptIt(double before, double now, string? expected)
    {
        var verdict = Verdict("submit", before, now);

        Assert.Equal(expected is null, verdict is null);
        if (expected is not null)
        {
            Assert.Contains(expected, verdict, StringComparison.Ordinal);
            Assert.Contains($"'submit {now}' in tests/Allocation.Tests/allocations.txt", verdict, StringComparison.Ordinal);
        }
    }

    /// <summary>
    /// Counts once to compile and to fill pools, then some times more. The least count: a collection may have emptied a
    /// pool meanwhile.
    /// </summary>
    private static double Count(string path)
    {
        HotPaths.All[path]();
        return Enumerable.Range(0, Repeats).Min(_ => HotPaths.All[path]());
    }

    private static string? Verdict(string path, double before, double now) =>
        Math.Abs(now - before) <= before * Tolerance ? null
        : string.Create(CultureInfo.InvariantCulture, $"{path}: {now:0.#} bytes a task, {before:0.#} before{Change(before, now)}. ")
            + $"To accept it, write '{Line(path, now)}' in tests/Allocation.Tests/allocations.txt.";

    private static string Change(double before, double now) =>
        before == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" ({(now - before) / before * 100:+0.#;-0.#} %)");

    private static string Line(string path, double bytes) => string.Create(CultureInfo.InvariantCulture, $"{path} {bytes:0.#}");

    private static double Expected(string path) => Read().TryGetValue(path, out var bytes) ? bytes : 0;

    private static Dictionary<string, double> Read() => File.ReadLines(Path.Combine(AppContext.BaseDirectory, "allocations.txt"))
        .Where(static line => line.Length > 0 && line[0] != '#')
        .Select(static line => line.Split(' '))
        .ToDictionary(static words => words[0], static words => double.Parse(words[1], CultureInfo.InvariantCulture));
}
