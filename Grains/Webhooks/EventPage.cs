using OrleansTasks.Events;

namespace OrleansTasks.Webhooks;

/// <summary>
/// A page of one event source, and one webhook's position in it. Webhooks at the same position share the arrays, so a
/// page costs memory once. Not thread-safe.
/// </summary>
internal sealed class EventPage
{
    private readonly ImmutableArray<EventRecord> records = [];
    private readonly ImmutableArray<NodeEvent> nodes = [];
    private readonly ImmutableArray<ResourceEvent> resources = [];
    private int index;
    private int entry;

    private EventPage(EventSource source, long after, int count, long last)
    {
        Source = source;
        Count = count;
        Last = count > 0 ? last : after;
    }

    public EventPage(long after, ImmutableArray<EventRecord> records)
        : this(EventSource.Log, after, records.Length, records.IsEmpty ? 0 : records[^1].Number) => this.records = records;

    public EventPage(long after, ImmutableArray<NodeEvent> nodes)
        : this(EventSource.Nodes, after, nodes.Length, nodes.IsEmpty ? 0 : nodes[^1].Sequence) => this.nodes = nodes;

    public EventPage(long after, ImmutableArray<ResourceEvent> resources)
        : this(EventSource.Resources, after, resources.Length, resources.IsEmpty ? 0 : resources[^1].Sequence) =>
        this.resources = resources;

    public EventSource Source { get; }

    /// <summary>Number of commits (log) or events (other sources).</summary>
    public int Count { get; }

    /// <summary>Last number in the page; the number before the page if it is empty.</summary>
    public long Last { get; }

    /// <summary>
    /// Advances to the next event that is wanted, unless already at one; returns false if none is left.
    /// </summary>
    public bool TryPeek(EventChoice choice, out StoredEvent found)
    {
        for (; index < Count; index++, entry = 0)
        {
            for (; entry < EntriesAt(index); entry++)
            {
                found = At(index, entry);
                if (choice.Wants(found) ?? Chosen.Contains((found.Number, found.Index)))
                    return true;
            }
        }

        found = default;
        return false;
    }

    /// <summary>
    /// The number and index of the events that pass the webhook's filter, of those whose subjects decide.
    /// </summary>
    public IReadOnlySet<(long Number, int Index)> Chosen { get; set; } = ImmutableSortedSet<(long Number, int Index)>.Empty;

    /// <summary>Returns the events about whose subjects the webhook's filter must be asked.</summary>
    public IEnumerable<StoredEvent> Undecided(EventChoice choice)
    {
        for (var at = index; at < Count; at++)
        {
            for (var place = at == index ? entry : 0; place < EntriesAt(at); place++)
            {
                if (At(at, place) is var found && choice.Wants(found) is null)
                    yield return found;
            }
        }
    }

    /// <summary>Skips the first events of a commit, if the page begins with that commit.</summary>
    public void Skip(long number, int count)
    {
        if (Source == EventSource.Log && Count > 0 && records[0].Number == number)
            entry = count;
    }

    /// <summary>Moves past the event that <see cref="TryPeek"/> found.</summary>
    public void Pass() => entry++;

    private int EntriesAt(int at) => Source == EventSource.Log ? records[at].Entries.Length : 1;

    private StoredEvent At(int at, int place) => Source switch
    {
        EventSource.Log => new(Source, records[at].Number, place, records[at].At, records[at].Queue, records[at].Entries[place], null),
        EventSource.Nodes => new(Source, nodes[at].Sequence, 0, nodes[at].At, null, default, nodes[at]),
        _ => new(Source, resources[at].Sequence, 0, resources[at].At, null, default, resources[at]),
    };
}
