using OrleansTasks.Simulation.Worker;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Sees every process: no task runs twice at a time, no attempt twice at all, no worker more than its slots. The one exemption: beside
/// an agent that stands still, and for <see cref="ThawGrace"/> after it goes on, a task may run again, because nobody can kill there.
/// </summary>
internal sealed class ProcessWatch(SimCluster cluster, Func<int, int> slotsOf, Coverage coverage) : IProcessWatch
{
    /// <summary>How long after it goes on an agent may take to kill what has outlived its lease.</summary>
    public static readonly TimeSpan ThawGrace = TimeSpan.FromSeconds(1);

    /// <summary>How the ids of second runs begin.</summary>
    private const string SecondRuns = "c08";

    private readonly Dictionary<(string Task, int Attempt), string> started = [];
    private readonly Dictionary<string, List<LivingTree>> alive = new(StringComparer.Ordinal);
    private readonly HashSet<int> frozen = [];
    private readonly Dictionary<int, DateTimeOffset> thawed = [];

    /// <summary>Checks what trees have of their machines.</summary>
    public ResourceReferee? Resources { get; set; }

    /// <summary>Checks what a tree finds when it begins.</summary>
    public Action<SimTree>? Looked { get; set; }

    /// <inheritdoc/>
    public void Began(int worker, SimTree tree, int living) => Check(() =>
    {
        Violation.Unless(
            living <= slotsOf(worker),
            $"Worker {worker} runs {living} trees on {slotsOf(worker)} slots.");
        var isFirst = started.TryAdd((tree.Task, tree.Attempt), $"worker {worker} at {tree.Began:HH:mm:ss.fff}");
        Violation.Unless(
            isFirst,
            $"{tree.Task} begins its attempt {tree.Attempt} on worker {worker}, and began it on "
            + $"{started[(tree.Task, tree.Attempt)]}");
        Looked?.Invoke(tree);
        Resources?.Began(worker, tree);
        if (!alive.TryGetValue(tree.Task, out var others))
            alive.Add(tree.Task, others = []);
        foreach (var other in others)
        {
            Violation.Unless(
                IsExempt(other),
                $"{tree.Task} attempt {tree.Attempt} begins on worker {worker} while attempt "
                + $"{other.Tree.Attempt} runs on worker {other.Worker}.");
            coverage.Fire(Coverage.FrozenOverlap);
        }

        others.Add(new LivingTree(worker, tree));
    });

    /// <inheritdoc/>
    public void ChunkBegan(int worker, string task, int living)
    {
        coverage.Fire(task.StartsWith(SecondRuns, StringComparison.Ordinal) ? "chunk run twice" : "chunk run");
        if (living > slotsOf(worker))
            cluster.Fail(new Violation($"Worker {worker} has {living} trees and chunks on {slotsOf(worker)} slots."));
    }

    /// <inheritdoc/>
    public void Ended(int worker, SimTree tree)
    {
        Resources?.Ended(worker, tree);
        if (!alive.TryGetValue(tree.Task, out var living))
            return;
        living.RemoveAll(one => one.Tree == tree);
        if (living.Count == 0)
            alive.Remove(tree.Task);
    }

    /// <inheritdoc/>
    public void Froze(int worker) => frozen.Add(worker);

    /// <inheritdoc/>
    public void Thawed(int worker)
    {
        if (!frozen.Remove(worker))
            return;
        thawed[worker] = cluster.Clock.GetUtcNow();
        cluster.After(ThawGrace, () =>
        {
            if (!frozen.Contains(worker))
                Check(() => RequireNoOverlap(worker));
        });
    }

    /// <summary>A task that was removed is a new one from now on: its attempts are counted anew.</summary>
    public void Forget(string task)
    {
        foreach (var attempt in started.Keys.Where(key => key.Task == task).ToArray())
            started.Remove(attempt);
    }

    /// <summary>Once the grace is over, nothing that ran beside a frozen agent runs beside another attempt of its task.</summary>
    private void RequireNoOverlap(int worker)
    {
        foreach (var (task, living) in alive)
        {
            if (living.Count < 2 || living.All(one => one.Worker != worker))
                continue;
            // The twin's agent may stand still in its turn.
            Violation.Unless(
                living.Count(one => !IsExempt(one)) < 2,
                $"{task} still runs {living.Count} times {ThawGrace.TotalSeconds} s after worker {worker} went on.");
        }
    }

    private bool IsExempt(LivingTree one) =>
        frozen.Contains(one.Worker)
        || (thawed.TryGetValue(one.Worker, out var at) && one.Tree.Began <= at && cluster.Clock.GetUtcNow() - at < ThawGrace);

    private void Check(Action check)
    {
        try
        {
            check();
        }
        catch (Violation violation)
        {
            cluster.Fail(violation);
        }
    }

    private sealed record LivingTree(int Worker, SimTree Tree);
}
