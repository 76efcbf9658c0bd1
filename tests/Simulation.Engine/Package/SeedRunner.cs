using System.Globalization;
using System.Reflection;
using System.Text;

namespace OrleansTasks.Simulation;

/// <summary>
/// Runs a test with seeds. A seed that fails runs a second time, now with a trace; this also shows whether the seed
/// alone decides the run.
/// </summary>
/// <param name="test">The test.</param>
/// <param name="options">What the cluster consists of.</param>
/// <param name="command">The command that repeats a seed; null when the caller knows it.</param>
/// <param name="traceFile">The file that gets all steps of a seed that fails; null for none.</param>
internal sealed class SeedRunner(
    Func<SimulatedCluster, Task> test, SimulationOptions options, Func<long, string>? command, string? traceFile)
{
    private const string Causes = "Something decides that is not the seed: DateTime.UtcNow, Guid.NewGuid, Random, the order of a "
        + "HashSet or Dictionary with hash codes that differ, or a static field. Grains take TimeProvider from their services.";

    private readonly IReadOnlyList<Assembly> _grains = options.GrainAssemblies is { Count: > 0 } given
        ? given
        : GrainAssemblies.Around(test.Method.Module.Assembly);

    /// <summary>Runs one seed.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="passed">How many seeds before it passed.</param>
    /// <exception cref="SeedFailedException">The test failed.</exception>
    internal SimulationResult RunOrThrow(long seed, int passed)
    {
        var (result, failure) = Once(seed, null);
        return failure is null ? result : throw Explain(seed, passed, result, failure);
    }

    /// <summary>Runs one seed twice and compares the steps.</summary>
    /// <exception cref="SeedFailedException">The runs differ, or the test failed.</exception>
    internal void RunTwiceOrThrow(long seed)
    {
        var first = new List<string>();
        var (result, failure) = Once(seed, new StepLog(null) { Stepped = (_, line) => first.Add(line) });
        if (failure is not null) throw Explain(seed, 0, result, failure);
        var second = new StepLog(null);
        string? difference = null;
        second.Stepped = (number, line) =>
        {
            if (difference is not null || (number <= first.Count && first[(int)number - 1] == line)) return;
            difference = Different(number, number <= first.Count ? first[(int)number - 1] : "the end", line);
        };
        var (again, _) = Once(seed, second);
        if (again.Hash == result.Hash) return;
        difference ??= "They differ in random numbers that they drew, or "
            + $"the second one ended after {again.Steps} of {result.Steps} steps.";
        throw new SeedFailedException(
            seed,
            $"Two runs of seed {seed} took different steps, so a failing seed could not be repeated. {difference}\n{Causes}",
            second.Last,
            new SimulationException("The seed does not decide the run."));
    }

    private static string Different(long number, string before, string now) =>
        $"They first differ at step {number.ToString(CultureInfo.InvariantCulture)}:\n  first:  {before}\n  second: {now}";

    private SeedFailedException Explain(long seed, int passed, SimulationResult result, Exception failure)
    {
        using var file = traceFile is null ? null : new StreamWriter(traceFile);
        var log = new StepLog(file);
        var (again, second) = Once(seed, log);
        var text = new StringBuilder();
        Add($"Seed {seed} failed{(passed > 0 ? $" after {passed} that passed" : "")}: {failure.Message}");
        if (command is not null) Add($"Repeat it: {command(seed)}");
        Add($"It took {result.Steps} steps and {result.Time.TotalSeconds:0.000} virtual seconds; hash {result.Hash:x16}.");
        if (again.Hash != result.Hash || second is null) Add($"A second run took other steps (hash {again.Hash:x16}). {Causes}");
        if (traceFile is not null) Add($"All steps are in {traceFile}.");
        Add($"The last steps:");
        foreach (var line in log.Last) text.Append(line).Append('\n');
        return new SeedFailedException(seed, text.ToString(), log.Last, failure);

        void Add(FormattableString line) => text.Append(FormattableString.Invariant(line)).Append('\n');
    }

    private (SimulationResult Result, Exception? Failure) Once(long seed, StepLog? log)
    {
        // Code of the simulation continues in its own scheduler, and not in the test runner's context.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            var cluster = new SimulatedCluster(seed, options, _grains, log);
            using var engine = cluster.Engine;
            Exception? failure = null;
            try
            {
                cluster.RunToEnd(test);
            }
            catch (SimulationException caught)
            {
                failure = caught.InnerException ?? caught;
            }
            catch (Exception caught)
            {
                failure = caught;
            }

            return (new SimulationResult(engine.Trace.Hash, engine.Trace.Steps, cluster.Elapsed), failure);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}
