using System.Text.Json;

namespace OrleansTasks.Processing.Aggregates;

/// <summary>Adds up numbers; the outcome is their sum or mean.</summary>
internal sealed class SumState(AggregateSpec spec) : AggregateState(spec)
{
    private readonly ExactTotal total = new();
    private long count;
    private Value seen;

    public override string? Refuse(in Value result) => SelectNumber(result, out seen);

    public override void Take()
    {
        total.Add(seen);
        count++;
    }

    public override string? TryTake(in Value result)
    {
        if (SelectNumber(result, out var number) is { } fault)
            return fault;
        total.Add(number);
        count++;
        return null;
    }

    /// <summary>Takes many numbers at once, by their sum and count.</summary>
    public void Take(Int128 sum, long more)
    {
        total.Add(sum);
        count += more;
    }

    public override void Merge(AggregateState other)
    {
        total.Merge(((SumState)other).total);
        count += ((SumState)other).count;
    }

    public override void Write(ByteWriter writer)
    {
        writer.Signed(count);
        total.Write(writer);
    }

    public override void Read(ref ByteReader reader)
    {
        count = reader.Amount();
        total.Read(ref reader);
    }

    public override void WriteOutcome(Utf8JsonWriter json)
    {
        if (Spec.Op == AggregateOp.Sum)
            total.Write(json);
        else if (count == 0)
            json.WriteNullValue();
        else
            total.WriteMean(json, count);
    }
}
