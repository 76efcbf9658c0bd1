using OrleansTasks.Audit;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>Definitions in memory, for tests and simulations.</summary>
/// <param name="audit">Receives audit records; null to keep none.</param>
public sealed class MemoryDefinitionStore(MemoryAuditStore? audit = null) : IDefinitionStore
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, Entry> definitions = new(StringComparer.Ordinal);

    /// <summary>Says whether a trigger starts a definition.</summary>
    internal Func<string, bool> IsInUse { get; set; } = static _ => false;

    /// <inheritdoc/>
    public Task<DefinitionReply> Put(
        DefinitionView next, long? expected, Func<DefinitionView?, DefinitionView, AuditRecord?>? record = null)
    {
        lock (gate)
        {
            var entry = definitions.GetValueOrDefault(next.Name) ?? new Entry();
            var latest = entry.Latest;
            if (latest is not null && latest.Kind == next.Kind && latest.Body.Span.SequenceEqual(next.Body.Span))
                return Task.FromResult(new DefinitionReply(DefinitionOutcome.Unchanged, latest));
            if (expected is not null && expected != (latest?.Version ?? 0))
                return Task.FromResult(new DefinitionReply(DefinitionOutcome.Conflict, latest));
            if (latest is null && definitions.Values.Count(static one => one.Latest is not null) >= ServiceLimits.Definitions)
                return Task.FromResult(new DefinitionReply(DefinitionOutcome.TooMany, null));
            if (entry.Versions.Count >= ServiceLimits.DefinitionVersions)
                return Task.FromResult(new DefinitionReply(DefinitionOutcome.TooManyVersions, latest));
            var stored = next with { Version = ++entry.Last };
            entry.Versions.Add(stored);
            definitions[next.Name] = entry;
            audit?.Add(0, record?.Invoke(latest, stored));
            return Task.FromResult(new DefinitionReply(latest is null ? DefinitionOutcome.Created : DefinitionOutcome.Changed, stored));
        }
    }

    /// <inheritdoc/>
    public Task<DefinitionView?> Get(string name, long? version)
    {
        lock (gate)
        {
            var entry = definitions.GetValueOrDefault(name);
            return Task.FromResult(version is null ? entry?.Latest : entry?.Versions.Find(one => one.Version == version));
        }
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<DefinitionView>> List(string prefix, string after, int limit)
    {
        lock (gate)
        {
            return Task.FromResult<ImmutableArray<DefinitionView>>(
            [
                .. definitions.Values.Select(static one => one.Latest).OfType<DefinitionView>()
                    .Where(one => one.Name.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(one.Name, after) > 0)
                    .Take(limit),
            ]);
        }
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<DefinitionView>?> History(string name, long before, int limit)
    {
        lock (gate)
        {
            return Task.FromResult<ImmutableArray<DefinitionView>?>(definitions.GetValueOrDefault(name) is { Latest: not null } entry
                ? [.. Enumerable.Reverse(entry.Versions).Where(one => one.Version < before).Take(limit).Select(static one => one with { Body = default })]
                : null);
        }
    }

    /// <inheritdoc/>
    public Task<bool> Delete(string name, long at, Func<DefinitionView, AuditRecord?>? record = null)
    {
        lock (gate)
        {
            if (definitions.GetValueOrDefault(name) is not { Latest: { } latest } entry || IsInUse(name))
                return Task.FromResult(false);
            entry.Versions.Clear();
            entry.Runs.Clear();
            audit?.Add(0, record?.Invoke(latest));
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<DefinitionRun?> AddRun(DefinitionRun run, AuditRecord? record = null)
    {
        lock (gate)
        {
            if (definitions.GetValueOrDefault(run.Name) is not { Latest: not null } entry)
                return Task.FromResult<DefinitionRun?>(null);
            var same = definitions.Values.SelectMany(static one => one.Runs).FirstOrDefault(one => one.Id == run.Id
                || (!run.IdempotencyKey.IsEmpty && one.IdempotencyKey.Span.SequenceEqual(run.IdempotencyKey.Span)));
            if (same is not null)
                return Task.FromResult<DefinitionRun?>(same);
            var stored = run with { No = ++entry.LastRun };
            entry.Runs.Add(stored);
            entry.Runs.RemoveAll(one => one.No <= stored.No - ServiceLimits.DefinitionRuns);
            audit?.Add(0, record);
            return Task.FromResult<DefinitionRun?>(stored);
        }
    }

    /// <inheritdoc/>
    public Task RemoveRun(TaskId id)
    {
        lock (gate)
        {
            foreach (var entry in definitions.Values)
                entry.Runs.RemoveAll(run => run.Id == id);
            audit?.Remove(id);
            return Task.CompletedTask;
        }
    }

    /// <inheritdoc/>
    public Task<bool> Started(TaskId id)
    {
        lock (gate)
        {
            foreach (var runs in definitions.Values.Select(static entry => entry.Runs))
            {
                if (runs.FindIndex(run => run.Id == id) is >= 0 and var index)
                {
                    runs[index] = runs[index] with { IsStarted = true };
                    return Task.FromResult(true);
                }
            }

            return Task.FromResult(false);
        }
    }

    /// <inheritdoc/>
    public Task<DefinitionRun?> FindRun(TaskId id)
    {
        lock (gate)
            return Task.FromResult(definitions.Values.SelectMany(static one => one.Runs).FirstOrDefault(run => run.Id == id));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<DefinitionRun>> Runs(string name, long before, int limit)
    {
        lock (gate)
        {
            return Task.FromResult<ImmutableArray<DefinitionRun>>(
                [.. Enumerable.Reverse(definitions.GetValueOrDefault(name)?.Runs ?? []).Where(run => run.No < before).Take(limit)]);
        }
    }

    private sealed class Entry
    {
        public List<DefinitionView> Versions { get; } = [];

        public List<DefinitionRun> Runs { get; } = [];

        public long Last { get; set; }

        public long LastRun { get; set; }

        public DefinitionView? Latest => Versions.Count > 0 ? Versions[^1] : null;
    }
}
