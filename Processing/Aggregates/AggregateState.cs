using System.Text.Json;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Processing.Aggregates;

/// <summary>
/// The state of one aggregate. A result is taken in two steps: first every aggregate is asked whether it refuses the
/// result, and only then does each take it. An item that one aggregate refuses therefore reaches none.
/// Merging is exactly commutative and associative, so neither the order nor the chunk boundaries affect the outcome.
/// </summary>
internal abstract class AggregateState(AggregateSpec spec)
{
    public AggregateSpec Spec => spec;

    /// <summary>Whether the outcome is an estimate.</summary>
    public virtual bool IsApproximate => false;

    /// <summary>Whether the aggregate never refuses a result.</summary>
    public virtual bool TakesAnything => false;

    /// <summary>Whether it holds more groups than <see cref="AggregateSpec.MaxGroups"/> allows.</summary>
    public virtual bool HasTooManyGroups => false;

    /// <summary>The total size of its groups' keys, in bytes.</summary>
    public virtual long KeyBytes => 0;

    public static AggregateState New(AggregateSpec spec) => spec.Op switch
    {
        AggregateOp.Count => new CountState(spec),
        AggregateOp.Sum or AggregateOp.Mean => new SumState(spec),
        AggregateOp.Min or AggregateOp.Max => new ExtremeState(spec),
        AggregateOp.Distinct => new DistinctState(spec),
        AggregateOp.TopK or AggregateOp.GroupCount => new GroupCountState(spec),
        AggregateOp.GroupSum => new GroupSumState(spec),
        AggregateOp.Collect => new CollectState(spec),
        AggregateOp.ReduceCommand => new ReduceState(spec),
        _ => throw new FormatException($"Unknown aggregate {spec.Op}."),
    };

    /// <summary>
    /// Checks a result and remembers what <see cref="Take"/> needs of it. Returns why the result is refused, or null.
    /// </summary>
    public abstract string? Refuse(in Value result);

    /// <summary>Takes the result that <see cref="Refuse"/> looked at last.</summary>
    public abstract void Take();

    /// <summary>
    /// Checks and takes a result in one step, for when no other aggregate has to be asked. Returns why it is refused,
    /// or null.
    /// </summary>
    public virtual string? TryTake(in Value result)
    {
        if (Refuse(result) is { } fault)
            return fault;
        Take();
        return null;
    }

    /// <summary>
    /// Whether <see cref="TakeText"/> is supported: every string is a result that this aggregate can take.
    /// </summary>
    public virtual bool TakesTexts => false;

    /// <summary>Takes a string as <see cref="TryTake"/> takes a value that holds it.</summary>
    public virtual void TakeText(ReadOnlySpan<byte> text) => throw new NotSupportedException();

    /// <summary>
    /// Returns the columns of a CSV file that <see cref="TryTakeFields"/> reads: the group's and the value's.
    /// A column that it does not read is 0. Null means that the aggregate cannot take rows by their fields.
    /// </summary>
    public virtual (int By, int Value)? ColumnsOf(CsvHeader header) => null;

    /// <summary>
    /// Takes a row by its unquoted fields. Returns false, with nothing taken, if a field is not in the simple form that
    /// this method reads; <see cref="TryTake"/> then decides what to do with the row.
    /// </summary>
    public virtual bool TryTakeFields(in CsvRow row, int by, int value) => false;

    public abstract void Merge(AggregateState other);

    public abstract void Write(ByteWriter writer);

    public abstract void Read(ref ByteReader reader);

    /// <summary>Writes the outcome as JSON.</summary>
    public abstract void WriteOutcome(Utf8JsonWriter json);

    protected string? SelectNumber(in Value result, out Value number)
    {
        if (Select(result, spec.Value, "value", out number) is { } fault)
            return fault;
        return number.IsNumber ? null : $"'{spec.Name}' expects a number, but got {number.Describe()}";
    }

    protected string? Select(in Value result, JsonPointer? pointer, string field, out Value selected)
    {
        if (pointer is null)
            selected = result;
        else if (!result.TrySelect(pointer, out selected))
            return $"'{spec.Name}' found nothing at its {field} '{pointer.Text}' in {result.Describe()}";
        return selected.Kind == ValueKind.Overlong ? $"'{spec.Name}' does not accept {selected.Describe()}" : null;
    }
}
