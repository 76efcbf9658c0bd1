using System.Text.Json;
using OrleansTasks.Processing.Aggregates;

namespace OrleansTasks.Processing.Chunks;

/// <summary>
/// What came of some items: how many there were, and every aggregate over their results. Partials merge in any order; the merge of
/// all is what one pass over all items gives.
/// </summary>
public sealed class Partial
{
    private const byte Version = 2;

    /// <summary>Wrote the sums of doubles in full; still read, since reports and progress are stored.</summary>
    private const byte FirstVersion = 1;

    private const int MostErrors = 100;

    /// <summary>The most bytes that the different values of all aggregates may have together.</summary>
    internal const int MostKeyBytes = 2 * KeyTable.MostBytes;

    private readonly List<ItemError> errors = [];
    private readonly ProcessingPlan plan;

    /// <summary>The partial of nothing.</summary>
    public Partial(ProcessingPlan plan)
    {
        this.plan = plan;
        States = [.. plan.Aggregates.Select(AggregateState.New)];
    }

    /// <summary>How many items the aggregates cover.</summary>
    public long Items { get; internal set; }

    /// <summary>How many items were passed over.</summary>
    public long Skipped { get; internal set; }

    /// <summary>The first errors of the items that were passed over, 100 at most.</summary>
    public IReadOnlyList<ItemError> Errors => errors;

    /// <summary>The names of the aggregates that are estimates.</summary>
    public IEnumerable<string> Approximate => States.Where(static state => state.IsApproximate).Select(static state => state.Spec.Name);

    /// <summary>The results that this chunk collects, as lines of JSON; null when the plan collects none.</summary>
    public ReadOnlyMemory<byte>? Collected => States.OfType<CollectState>().FirstOrDefault()?.Lines;

    internal AggregateState[] States { get; }

    /// <summary>The lines that commands are to reduce before the partial is whole, of the stretch of the source that it covers.</summary>
    public IEnumerable<Reduction> Reductions(long first, long end) => States.Index()
        .Where(static state => state.Item is ReduceState)
        .Select(state => new Reduction(state.Index, first, end, ((ReduceState)state.Item).Gathered));

    /// <summary>A command has reduced lines.</summary>
    public void Reduced(in Reduction reduced) =>
        ((ReduceState)States[reduced.Aggregate]).Put(new ReducePart(reduced.First, reduced.End, reduced.Lines));

    /// <summary>The segment of a chunk that reduces parts of an aggregate to one; null when there is nothing to reduce now.</summary>
    /// <param name="aggregate">The aggregate's place in the plan.</param>
    /// <param name="areAllThere">Whether it covers all items; else only what is many or large is reduced.</param>
    public ReadOnlyMemory<byte>? NextReduction(int aggregate, bool areAllThere) =>
        States[aggregate] is ReduceState state && state.Next(areAllThere) is { IsEmpty: false } parts
            ? Reduction.SegmentOf(aggregate, parts)
            : (ReadOnlyMemory<byte>?)null;

    /// <summary>Takes another one in. Throws <see cref="TooManyGroupsException"/> when it grows beyond a bound.</summary>
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

    /// <summary>Reads the binary form; throws <see cref="FormatException"/>.</summary>
    public static Partial Read(ProcessingPlan plan, ref ByteReader reader)
    {
        if (reader.Byte() is not (FirstVersion or Version))
            throw new FormatException("A partial result is of a version that this program does not know.");
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

    /// <summary>Writes every aggregate's outcome as a JSON object.</summary>
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

    /// <summary>Writes the outcome of every aggregate that is a single number as a JSON object; null of nothing.</summary>
    public void WriteFigures(Utf8JsonWriter json)
    {
        json.WriteStartObject();
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
                throw new ResultsTooLargeException($"'{state.Spec.Name}' holds too many lines: its command does not reduce them.");
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

    /// <summary>The plan it belongs to.</summary>
    public ProcessingPlan Plan => plan;
}
