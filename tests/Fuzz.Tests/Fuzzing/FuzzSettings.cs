using System.Globalization;

namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>What the environment asks of a run. All variables may be left out.</summary>
/// <remarks>
/// <c>OTASK_FUZZ_SEED</c>: the seed of all surfaces; 1 if left out, so that a test run tries what the last one tried.
/// <c>OTASK_FUZZ_SECONDS</c>: seconds a surface, without the start of its processes.
/// <c>OTASK_FUZZ_ITERATION</c>: runs this iteration alone.
/// <c>OTASK_FUZZ_INPUT</c>: runs the input in this file alone.
/// <c>OTASK_FUZZ_EVIDENCE</c>: the file that gets the figures; <c>OTASK_COMMIT</c> names the commit in it.
/// </remarks>
internal static class FuzzSettings
{
    private const int DefaultSeed = 1;
    private const int DefaultSeconds = 20;

    /// <summary>The seed of every random choice.</summary>
    public static int Seed { get; } = Number("OTASK_FUZZ_SEED") ?? DefaultSeed;

    /// <summary>Whether a seed was asked for; then the budget alone bounds the number of iterations.</summary>
    public static bool HasSeed { get; } = Number("OTASK_FUZZ_SEED") is not null;

    /// <summary>How long a surface is tried.</summary>
    public static TimeSpan Budget { get; } = TimeSpan.FromSeconds(Number("OTASK_FUZZ_SECONDS") ?? DefaultSeconds);

    /// <summary>The one iteration to run; null: all that fit into the budget.</summary>
    public static int? Iteration { get; } = Number("OTASK_FUZZ_ITERATION");

    /// <summary>The file with the one input to run; null: no such file.</summary>
    public static string? InputFile { get; } = Text("OTASK_FUZZ_INPUT");

    /// <summary>The file that gets the figures; null: no figures are kept.</summary>
    public static string? EvidenceFile { get; } = Text("OTASK_FUZZ_EVIDENCE");

    private static string? Text(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? text : null;

    private static int? Number(string variable)
    {
        if (Text(variable) is not { } text)
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"Invalid value '{text}' for {variable}: expected a whole number from 0");
    }
}
