using System.Text.Json;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Processing.Aggregates;

/// <summary>
/// Counts how often each value occurs. The outcome lists all values in order, or the most frequent ones.
/// </summary>
internal sealed class GroupCountState(AggregateSpec spec) : AggregateState(spec)
{
    // Longer keys are allocated.
    private const int KeyRoom = 256;
    private readonly JsonPointer? pointer = spec.Op == AggregateOp.TopK ? spec.Value : spec.By;
    private readonly byte[] room = new byte[KeyRoom];
    private KeyTable groups = new();
    private long[] counts = new long[16];
    private Value seen;

    public override bool TakesAnything => pointer is null or { IsWhole: true };

    public override long KeyBytes => groups.Bytes;

    public override bool HasTooManyGroups => groups.Count > Spec.MaxGroups;

    public override string? Refuse(in Value result) =>
        Select(result, pointer, Spec.Op == AggregateOp.TopK ? "value" : "by", out seen);

    public override void Take() => Add(ValueKey.Of(seen, room), 1);

    public override string? TryTake(in Value result)
    {
        if (Select(result, pointer, Spec.Op == AggregateOp.TopK ? "value" : "by", out var selected) is { } fault)
            return fault;
        Add(ValueKey.Of(selected, room), 1);
        return null;
    }

    public override bool TakesTexts => TakesAnything;

    public override void TakeText(ReadOnlySpan<byte> text) => Count(groups.FindOrAdd((byte)ValueKind.Text, text), 1);

    public override (int By, int Value)? ColumnsOf(CsvHeader header) => header.ColumnOf(pointer) is { } column ? (column, 0) : null;

    public override bool TryTakeFields(in CsvRow row, int by, int value)
    {
        if (!row.IsWord(by))
            return false;
        TakeText(row[by]);
        return true;
    }

    public override void Merge(AggregateState other)
    {
        var theirs = (GroupCountState)other;
        for (var i = 0; i < theirs.groups.Count; i++)
            Count(groups.FindOrAdd(theirs.groups[i], theirs.groups.HashOf(i)), theirs.counts[i]);
    }

    public override void Write(ByteWriter writer)
    {
        writer.Unsigned((ulong)groups.Count);
        for (var i = 0; i < groups.Count; i++)
        {
            writer.Bytes(groups[i]);
            writer.Unsigned((ulong)counts[i]);
        }
    }

    public override void Read(ref ByteReader reader)
    {
        groups = new KeyTable();
        for (var left = reader.Count(); left > 0; left--)
        {
            var key = ValueKey.ReadFrom(ref reader);
            var count = (long)reader.Unsigned();
            Add(key, count > 0 || reader.IsOwn ? count : throw new FormatException("A stored count of a value is less than 1."));
        }
    }

    public override void WriteOutcome(Utf8JsonWriter json)
    {
        var isTop = Spec.Op == AggregateOp.TopK;
        var order = Enumerable.Range(0, groups.Count).ToArray();
        Array.Sort(order, isTop ? ByCount : ByKey);
        json.WriteStartArray();
        foreach (var index in isTop ? order.AsSpan(0, Math.Min(Spec.K, order.Length)) : order)
        {
            json.WriteStartObject();
            json.WritePropertyName(isTop ? "value"u8 : "key"u8);
            ValueKey.Write(groups[index], json);
            json.WriteNumber("count"u8, counts[index]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private int ByKey(int left, int right) => ValueKey.Compare(groups[left], groups[right]);

    private int ByCount(int left, int right) =>
        counts[left] != counts[right] ? counts[right].CompareTo(counts[left]) : ByKey(left, right);

    private void Add(ReadOnlySpan<byte> key, long count) => Count(groups.FindOrAdd(key), count);

    private void Count(int index, long count)
    {
        if (index == counts.Length)
            Array.Resize(ref counts, 2 * index);
        counts[index] += count;
    }
}
