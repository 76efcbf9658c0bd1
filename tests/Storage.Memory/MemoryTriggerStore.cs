using OrleansTasks.Audit;
using OrleansTasks.Storage.Triggers;
using OrleansTasks.Triggers;

namespace OrleansTasks.Storage.Memory;

/// <summary>Triggers in memory, for tests and simulations.</summary>
public sealed class MemoryTriggerStore : ITriggerStore
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, TriggerView> triggers = new(StringComparer.Ordinal);
    private readonly MemoryDefinitionStore definitions;

    /// <summary>Creates a store without triggers.</summary>
    /// <param name="definitions">The definitions, which are not deleted while a trigger starts them.</param>
    public MemoryTriggerStore(MemoryDefinitionStore definitions)
    {
        this.definitions = definitions;
        definitions.IsInUse = IsStarted;
    }

    /// <inheritdoc/>
    public async Task<(TriggerOutcome Outcome, TriggerView? Stored)> Put(
        TriggerView next, bool keepsSecret, bool onlyCreates = false,
        Func<TriggerView?, TriggerView, AuditRecord?>? audit = null)
    {
        var isKnown = await definitions.Get(next.Definition, null) is not null;
        lock (gate)
        {
            var earlier = triggers.GetValueOrDefault(next.Name);
            if (!isKnown)
                return (TriggerOutcome.NoDefinition, null);
            if (earlier is not null && onlyCreates)
                return (TriggerOutcome.Exists, null);
            if (earlier is null && triggers.Count >= ServiceLimits.Triggers)
                return (TriggerOutcome.TooMany, null);
            var stored = triggers[next.Name] = next with
            {
                CreatedAt = earlier?.CreatedAt ?? next.CreatedAt,
                Secret = keepsSecret && earlier?.Kind == next.Kind ? earlier.Secret : next.Secret,
            };
            return (earlier is null ? TriggerOutcome.Created : TriggerOutcome.Changed, stored);
        }
    }

    /// <inheritdoc/>
    public Task<bool> SetSecret(TriggerView trigger, AuditRecord? audit = null)
    {
        lock (gate)
        {
            if (triggers.GetValueOrDefault(trigger.Name) is not { } stored || stored.Kind != trigger.Kind)
                return Task.FromResult(false);
            triggers[trigger.Name] = stored with { Secret = trigger.Secret, ChangedAt = trigger.ChangedAt };
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<TriggerView?> Find(string name)
    {
        lock (gate)
            return Task.FromResult(triggers.GetValueOrDefault(name));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<TriggerView>> List(string after, int limit)
    {
        lock (gate)
        {
            return Task.FromResult<ImmutableArray<TriggerView>>(
            [
                .. triggers.Values.Where(one => string.CompareOrdinal(one.Name, after) > 0).Take(limit)
                    .Select(static one => one with { Secret = "" }),
            ]);
        }
    }

    /// <inheritdoc/>
    public Task<bool> Delete(string name, Func<TriggerView, AuditRecord?>? audit = null)
    {
        lock (gate)
            return Task.FromResult(triggers.Remove(name));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> Uses(string definition, int limit)
    {
        lock (gate)
        {
            return Task.FromResult<ImmutableArray<string>>(
            [
                .. triggers.Values.Where(one => one.Definition == definition).Select(static one => one.Name).Take(limit),
            ]);
        }
    }

    private bool IsStarted(string definition)
    {
        lock (gate)
            return triggers.Values.Any(one => one.Definition == definition);
    }
}
