using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Schedules;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Worker;
using OrleansTasks.Simulation.World;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Simulation.Files;

/// <summary>
/// Checks the stored files. After every commit, no file that something names is missing. At the end, a sweep leaves
/// exactly what the stored
/// tasks, schedules and definitions name, and the artifacts of tasks: nothing of attempts that were lost or of owners
/// that are gone.
/// </summary>
/// <param name="files">The stored bytes.</param>
/// <param name="index">The index of files.</param>
/// <param name="coverage">What has happened.</param>
internal sealed class FileReferee(MemoryFileStore files, MemoryFileIndex index, Coverage coverage)
{
    private const int Most = 1_000;

    /// <summary>Looks after a commit that is on the disk.</summary>
    public void Committed()
    {
        var there = files.Names.ToHashSet();
        foreach (var name in index.Named)
        {
            Violation.Unless(there.Contains(name), $"Something names {name}, and its bytes are not stored.");
            Violation.Unless(index.Find(name).Result is not null,
                $"Something names {name}, and the index does not count it as stored.");
        }
    }

    /// <summary>
    /// Removes with the product's own sweep what nothing names, long after the end; nothing else may be there, or be
    /// missing.
    /// </summary>
    public void CheckSweep(SimCluster cluster, ITaskStore stored, IDefinitionStore definitions,
        IReadOnlyDictionary<TaskId, KnownTask> tasks)
    {
        var sweep = new FileSweep(
            files, index, stored, new SeededChance(new SimRandom(1, "sweep")),
            new LaterTime(cluster.Clock, ServiceLimits.FileAge * 2));
        var before = files.Names.Length;
        for (var round = 0; round < 2; round++)
        {
            var sweeping = sweep.Round(isAlone: true, CancellationToken.None);
            while (!sweeping.IsCompleted)
                Violation.Unless(cluster.Step(), $"The sweep does not end.");
            Violation.Unless(sweeping.IsCompletedSuccessfully, $"The sweep failed: {sweeping.Exception}");
        }

        var kept = tasks.Values.Where(static task => task.Submission.Limits.HasFlag(Limits.Files) && !task.IsPruned)
            .ToArray();
        var named = kept.Select(task => stored.Get(task.Row.Id).Result).OfType<TaskRecord>()
            .Where(static task => task is { Artifacts.Count: > 0 } && task.State.IsFinal())
            .SelectMany(static task => SimArtifacts.Of(task.Id.ToString(), task.Attempt))
            .Select(static file => file.Name)
            .Concat(OfOwners(stored, definitions, kept)).ToHashSet();
        Violation.Unless(named.SetEquals(files.Names),
            $"After the sweep {files.Names.Length} files are stored, and {named.Count} are named.");
        if (before > named.Count)
            coverage.Fire("files of lost attempts or removed owners");
        if (named.Count > 0)
            coverage.Fire("files after the sweep");
    }

    private IEnumerable<FileName> OfOwners(ITaskStore stored, IDefinitionStore definitions,
        IEnumerable<KnownTask> tasks)
    {
        foreach (var file in tasks.SelectMany(static task => task.Submission.Files.IsDefault ? []
            : task.Submission.Files))
        {
            coverage.Fire("file of a kept task");
            yield return file;
        }

        foreach (var schedule in stored.Schedules.List(null, null, null, Most).Result)
        {
            foreach (var file in ScheduleSpecReader.ReadStored(schedule.Body.Spec.Span).NamedFiles)
            {
                coverage.Fire("file of a kept schedule");
                yield return file;
            }
        }

        foreach (var definition in definitions.List("", "", Most).Result)
        {
            foreach (var version in definitions.History(definition.Name, long.MaxValue, Most).Result!.Value)
            {
                var body = definitions.Get(definition.Name, version.Version).Result!.Body;
                coverage.Fire("file of a kept definition");
                yield return TaskSpecReader.ReadStored(body.ToArray(), default).NamedFiles.Single();
            }
        }
    }

    private sealed class LaterTime(TimeProvider inner, TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + by;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            inner.CreateTimer(callback, state, dueTime, period);
    }
}
