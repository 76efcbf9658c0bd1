using System.Text.Json;
using OrleansTasks.Processing.Aggregates;

namespace OrleansTasks.Processing.Chunks;

/// <summary>
/// The outcome of evaluated items: their counts, and every aggregate over their results.
/// Partials merge in any order, and merging all of them gives the same as one pass over all items.
/// </summary>
public sealed class Partial
{
    private const byte Version = 2;

    /// <summary>
    /// This version has the sums of doubles in full. It is still read, since reports and progress are stored.
    /// </summary>
    private const byte FirstVersion = 1;

    private const int MostErrors = 100;

    /// <summary>The maximum size of the distinct values of all aggregates together, in bytes.</summary>
    internal const int MostKeyBytes = 2 * KeyTable.MostBytes;

    private readonly List<ItemError> errors = [];
    private readonly ProcessingPlan plan;

    /// <summary>Creates the partial of no items.</summary>
    public Partial(ProcessingPlan plan)
    {
        this.plan = plan;
        States = [.. plan.Aggregates.Select(AggregateState.New)];
    }

    /// <summary>The number of items that the aggregates cover.</summary>
    public long Items { get; internal set; }

    /// <summary>The number of items that were skipped.</summary>
    public long Skipped { get; internal set; }

    /// <summary>The first errors of skipped items, at most 100.</summary>
    public IReadOnlyList<ItemError> Errors => errors;

    /// <summary>The names of the aggregates that are estimates.</summary>
    public IEnumerable<string> Approximate => States.Where(static state => state.IsApproximate).Select(static state => state.Spec.Name);

    /// <summary>The results that this chunk collects, as lines of JSON; null if the plan collects none.</summary>
    public ReadOnlyMemory<byte>? Collected => States.OfType<CollectState>().FirstOrDefault()?.Lines;

    internal AggregateState[] States { get; }

    /// <summary>
    /// Returns the lines that commands must reduce before the partial is complete, for the part of the source that it
    /// covers.
    /// </summary>
    public IEnumerable<Reduction> Reductions(long first, long end) => States.Index()
        .Where(static state => state.Item is ReduceState)
        .Select(state => new Reduction(state.Index, first, end, ((ReduceState)state.Item).Gathered));

    /// <summary>Puts the lines of a command in place of the lines that it reduced.</summary>
    public void Reduced(in Reduction reduced) =>
        ((ReduceState)States[reduced.Aggregate]).Put(new ReducePart(reduced.First, reduced.End, reduced.Lines));

    /// <summary>
    /// Returns the segment of a chunk that reduces parts of an aggregate to one; null if there is nothing to reduce
    /// now.
    /// </summary>
    /// <param name="aggregate">The aggregate's index in the plan.</param>
    /// <param name="areAllThere">
    /// Whether the partial covers all items. If not, only parts that are many or large are reduced.
    /// </param>
    public ReadOnlyMemory<byte>? NextReduction(int aggregate, bool areAllThere) =>
        States[aggregate] is ReduceState state && state.Next(areAllThere) is { IsEmpty: false } parts
            ? Reduction.SegmentOf(aggregate, parts)
            : (ReadOnlyMemory<byte>?)null;

    /// <summary>
    /// Merges another partial into this one. Throws <see cref="TooManyGroupsException"/> if that exceeds a limit.
    /// </summary>
    public void Merge(Partial other)
    {
        Items += other.Items;
        Skipped += other.Skipped;
        foreach (var error in other.errors)
            Note(error);
        for (var i = 0; i < States.Length; i++)
            States[i].Merge(other.States[i]);
        CheckGroups();
    }

    /// <summary>Writes the binary form.</summary>
    public void Write(ByteWriter writer)
    {
        writer.Byte(Version);
        writer.Signed(Items);
        writer.Signed(Skipped);
        writer.Unsigned((ulong)errors.Count);
        foreach (var error in errors)
            error.Write(writer);
        foreach (var state in States)
            state.Write(writer);
    }

    /// <summary>Reads the binary form. Throws <see cref="FormatException"/> if it is malformed.</summary>
    public static Partial Read(ProcessingPlan plan, ref ByteReader reader)
    {
        if (reader.Byte() is not (FirstVersion or Version))
            throw new FormatException("A partial result has a version that this program does not support.");
        var partial = new Partial(plan) { Items = reader.Amount(), Skipped = reader.Amount() };
        var errors = reader.Count();
        if (errors > MostErrors)
            throw new FormatException($"A partial result has more than {MostErrors} errors.");
        for (var left = errors; left > 0; left--)
            partial.errors.Add(ItemError.Read(ref reader));
        foreach (var state in partial.States)
            state.Read(ref reader);
        return partial;
    }

    /// <summary>Writes the outcomes of all aggregates as a JSON object.</summary>
    public void WriteOutcome(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var state in States)
        {
            json.WritePropertyName(state.Spec.Name);
            state.WriteOutcome(json);
        }

        json.WriteEndObject();
    }

    /// <summary>
    /// Writes the outcomes of all aggregates that are a single number as a JSON object; null if there were no results.
    /// </summary>
    public void WriteFigures(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        // These operations have the lowest numbers: count, sum, min, max, mean and distinct.
        foreach (var state in States.Where(static state => state.Spec.Op <= AggregateOp.Distinct))
        {
            json.WritePropertyName(state.Spec.Name);
            state.WriteOutcome(json);
        }

        json.WriteEndObject();
    }

    internal void Skip(ItemError error)
    {
        Skipped++;
        Note(error);
    }

    internal void CheckGroups()
    {
        var keys = 0L;
        foreach (var state in States)
        {
            if (state is CollectState { Lines.Length: > CollectState.Most })
                throw new TooMuchCollectedException(CollectState.Most);
            if (state is ReduceState { IsTooLarge: true })
                throw new ResultsTooLargeException($"'{state.Spec.Name}' has too many lines: its command does not reduce them.");
            if (state.HasTooManyGroups)
                throw TooManyGroupsException.OfCount(state.Spec.Name, state.Spec.MaxGroups);
            if (state.KeyBytes > KeyTable.MostBytes)
                throw TooManyGroupsException.OfBytes(state.Spec.Name, KeyTable.MostBytes);
            if ((keys += state.KeyBytes) > MostKeyBytes)
                throw TooManyGroupsException.OfAll(MostKeyBytes);
        }
    }

    private void Note(ItemError error)
    {
        if (errors.Count < MostErrors)
            errors.Add(error);
    }

    /// <summary>The plan of the chunk or job.</summary>
    public ProcessingPlan Plan => plan;
}
