using System.Globalization;
using System.Runtime.CompilerServices;

namespace OrleansTasks.Simulation;

/// <summary>
/// Runs a test once for each of many seeds, in any test framework: it throws when a seed fails. The environment changes
/// what it runs:
/// <list type="table">
/// <item><term>SIMULATION_SEED</term><description>runs this seed alone</description></item>
/// <item><term>SIMULATION_SEEDS</term><description>runs this many seeds</description></item>
/// <item><term>SIMULATION_FROM</term><description>begins with this seed</description></item>
/// <item><term>SIMULATION_TRACE</term><description>writes all steps of a seed that fails to this file</description></item>
/// </list>
/// </summary>
public static class Seeds
{
    private const string One = "SIMULATION_SEED";

    /// <summary>
    /// Runs a test with consecutive seeds until one fails. The first seed runs twice, to see whether the seed alone
    /// decides the run.
    /// </summary>
    /// <param name="count">How many seeds.</param>
    /// <param name="from">The first one.</param>
    /// <param name="test">The test. It calls grains and makes assertions; everything that it awaits is in virtual time.</param>
    /// <param name="options">What the cluster consists of.</param>
    /// <param name="testName">The method's name, for the command that repeats a seed. The compiler fills it in.</param>
    /// <exception cref="SeedFailedException">A seed failed. The message names the seed and the command that repeats it.</exception>
    public static void Run(
        int count, long from, Func<SimulatedCluster, Task> test, SimulationOptions? options = null, [CallerMemberName] string testName = "")
    {
        ArgumentNullException.ThrowIfNull(test);
        Run(count, from, test, options, testName, Environment.GetEnvironmentVariable);
    }

    internal static void Run(
        int count, long from, Func<SimulatedCluster, Task> test, SimulationOptions? options, string testName,
        Func<string, string?> environment)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var runner = new SeedRunner(
            test, options ?? new SimulationOptions(),
            seed => FormattableString.Invariant($"dotnet test -e {One}={seed} --filter FullyQualifiedName~{testName}")
                + FormattableString.Invariant($" (or set {One}={seed} for any test runner)"),
            environment("SIMULATION_TRACE"));
        if (NumberOf(One, environment) is { } one)
        {
            runner.RunOrThrow(one, 0);
            return;
        }

        var first = NumberOf("SIMULATION_FROM", environment) ?? from;
        var seeds = NumberOf("SIMULATION_SEEDS", environment) ?? count;
        runner.RunTwiceOrThrow(first);
        for (var passed = 1; passed < seeds; passed++) runner.RunOrThrow(first + passed, passed);
    }

    private static long? NumberOf(string name, Func<string, string?> environment)
    {
        if (environment(name) is not { Length: > 0 } text) return null;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ArgumentException($"Invalid value '{text}' for {name}: expected a whole number.");
    }
}
