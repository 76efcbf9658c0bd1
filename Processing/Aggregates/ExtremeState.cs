using System.Text.Json;

namespace OrleansTasks.Processing.Aggregates;

/// <summary>Finds the smallest or the largest number.</summary>
internal sealed class ExtremeState(AggregateSpec spec) : AggregateState(spec)
{
    private readonly int sign = spec.Op == AggregateOp.Min ? 1 : -1;
    private Value? best;
    private Value seen;

    public override string? Refuse(in Value result) => SelectNumber(result, out seen);

    public override void Take() => Offer(seen);

    public void Offer(in Value number)
    {
        if (best is not { } known || IsBetter(number, known))
            best = number;
    }

    public override void Merge(AggregateState other)
    {
        if (((ExtremeState)other).best is { } number)
            Offer(number);
    }

    public override void Write(ByteWriter writer)
    {
        writer.Flag(best is not null);
        if (best is not { } number)
            return;
        writer.Byte((byte)number.Kind);
        if (number.Kind == ValueKind.Double)
            writer.Fixed((ulong)BitConverter.DoubleToInt64Bits(number.Double));
        else
            writer.Big(number.Big);
    }

    public override void Read(ref ByteReader reader)
    {
        best = null;
        if (!reader.Flag())
            return;
        var number = (ValueKind)reader.Byte() == ValueKind.Double
            ? Value.Of(BitConverter.Int64BitsToDouble((long)reader.Fixed()))
            : Value.Of(reader.Big());
        best = number.IsNumber ? number : throw new FormatException("A stored minimum or maximum is not a number.");
    }

    public override void WriteOutcome(Utf8JsonWriter json)
    {
        if (best is { } number)
            number.Write(json);
        else
            json.WriteNullValue();
    }

    /// <summary>
    /// Whether a number replaces the best so far. Of equal numbers the integer wins, whichever came first.
    /// </summary>
    private bool IsBetter(in Value number, in Value known)
    {
        var order = sign * Numbers.Compare(number, known);
        return order < 0 || (order == 0 && number.Kind < known.Kind);
    }
}
