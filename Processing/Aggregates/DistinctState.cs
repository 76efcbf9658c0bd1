using System.Text.Json;

namespace OrleansTasks.Processing.Aggregates;

/// <summary>Counts distinct values: exactly up to 100,000, with an estimate beyond that.</summary>
internal sealed class DistinctState(AggregateSpec spec) : AggregateState(spec)
{
    public const int Exact = 100_000;
    private const int KeyRoom = 256;
    private readonly byte[] room = new byte[KeyRoom];
    private KeyTable values = new();
    private HyperLogLog? estimate;
    private Value seen;

    public override bool IsApproximate => estimate is not null;

    public override bool TakesAnything => Spec.Value is null or { IsWhole: true };

    public override string? Refuse(in Value result) => Select(result, Spec.Value, "value", out seen);

    public override void Take()
    {
        var key = ValueKey.Of(seen, room);
        if (estimate is not null)
            estimate.Add(Hash64.Of(key));
        else
            Add(key, Hash64.Of(key));
    }

    public override bool TakesTexts => TakesAnything;

    public override void TakeText(ReadOnlySpan<byte> text)
    {
        if (estimate is not null)
            estimate.Add(Hash64.Of((byte)ValueKind.Text, text));
        else
        {
            values.FindOrAdd((byte)ValueKind.Text, text);
            EstimateIfMany();
        }
    }

    public override void Merge(AggregateState other)
    {
        var theirs = (DistinctState)other;
        if (theirs.estimate is not null)
        {
            Estimate();
            estimate!.Merge(theirs.estimate);
            return;
        }

        for (var i = 0; i < theirs.values.Count; i++)
        {
            if (estimate is not null)
                estimate.Add(theirs.values.HashOf(i));
            else
                Add(theirs.values[i], theirs.values.HashOf(i));
        }
    }

    public override void Write(ByteWriter writer)
    {
        writer.Flag(estimate is not null);
        if (estimate is not null)
        {
            estimate.Write(writer);
            return;
        }

        writer.Unsigned((ulong)values.Count);
        for (var i = 0; i < values.Count; i++)
            writer.Bytes(values[i]);
    }

    public override void Read(ref ByteReader reader)
    {
        values = new KeyTable();
        estimate = null;
        if (reader.Flag())
        {
            estimate = new HyperLogLog();
            estimate.Read(ref reader);
            return;
        }

        for (var left = reader.Count(); left > 0; left--)
            values.FindOrAdd(ValueKey.ReadFrom(ref reader));
    }

    public override void WriteOutcome(Utf8JsonWriter json) => json.WriteNumberValue(estimate?.Estimate() ?? values.Count);

    private void Add(ReadOnlySpan<byte> key, ulong hash)
    {
        values.FindOrAdd(key, hash);
        EstimateIfMany();
    }

    private void EstimateIfMany()
    {
        if (values.Count > Exact || values.Bytes > KeyTable.MostBytes)
            Estimate();
    }

    private void Estimate()
    {
        if (estimate is not null)
            return;
        estimate = new HyperLogLog();
        for (var i = 0; i < values.Count; i++)
            estimate.Add(values.HashOf(i));
        values = new KeyTable();
    }
}
