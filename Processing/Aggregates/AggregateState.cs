using System.Text.Json;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Processing.Aggregates;

/// <summary>
/// What one aggregate has taken in so far. Taking a result is two steps, so that an item that one aggregate refuses reaches none:
/// all are asked first. Merging commutes and associates exactly: neither order nor chunk boundaries show in the outcome.
/// </summary>
internal abstract class AggregateState(AggregateSpec spec)
{
    public AggregateSpec Spec => spec;

    /// <summary>Whether the outcome is an estimate.</summary>
    public virtual bool IsApproximate => false;

    /// <summary>Whether it refuses no result at all.</summary>
    public virtual bool TakesAnything => false;

    /// <summary>Whether it holds more groups than its bound allows.</summary>
    public virtual bool HasTooManyGroups => false;

    /// <summary>How many bytes its groups' values have.</summary>
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
        _ => throw new FormatException($"There is no aggregate {spec.Op} here."),
    };

    /// <summary>Looks at a result and remembers what <see cref="Take"/> needs of it; why it cannot be taken, or null.</summary>
    public abstract string? Refuse(in Value result);

    /// <summary>Takes the result that <see cref="Refuse"/> looked at last.</summary>
    public abstract void Take();

    /// <summary>Both at once, where no other aggregate has to be asked: why the result cannot be taken, or null.</summary>
    public virtual string? TryTake(in Value result)
    {
        if (Refuse(result) is { } fault)
            return fault;
        Take();
        return null;
    }

    /// <summary>Whether <see cref="TakeText"/> works: every text is a result that it can take.</summary>
    public virtual bool TakesTexts => false;

    /// <summary>Takes a text, as <see cref="TryTake"/> takes a value of it.</summary>
    public virtual void TakeText(ReadOnlySpan<byte> text) => throw new NotSupportedException();

    /// <summary>
    /// The columns of a CSV file that <see cref="TryTakeFields"/> looks at, the group's and the value's; null when it does not work. A
    /// column that it does not look at is 0.
    /// </summary>
    public virtual (int By, int Value)? ColumnsOf(CsvHeader header) => null;

    /// <summary>
    /// Takes a row by its unquoted fields. False, with nothing taken, when the fields are none of the common ones:
    /// <see cref="TryTake"/> then decides what the row is.
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
        return number.IsNumber ? null : $"'{spec.Name}' needs a number, and got {number.Describe()}";
    }

    protected string? Select(in Value result, JsonPointer? pointer, string field, out Value selected)
    {
        if (pointer is null)
            selected = result;
        else if (!result.TrySelect(pointer, out selected))
            return $"'{spec.Name}' finds nothing at its {field} '{pointer.Text}' in {result.Describe()}";
        return selected.Kind == ValueKind.Overlong ? $"'{spec.Name}' cannot take {selected.Describe()}" : null;
    }
}
