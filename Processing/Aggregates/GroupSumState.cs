using System.Text.Json;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Processing.Aggregates;

/// <summary>Adds up the numbers of each group.</summary>
internal sealed class GroupSumState(AggregateSpec spec) : AggregateState(spec)
{
    private const int KeyRoom = 256;
    private readonly byte[] room = new byte[KeyRoom];
    private KeyTable groups = new();
    private ExactTotal[] totals = new ExactTotal[16];
    private Value group;
    private Value number;

    public override long KeyBytes => groups.Bytes;

    public override bool HasTooManyGroups => groups.Count > Spec.MaxGroups;

    public override string? Refuse(in Value result) =>
        Select(result, Spec.By, "by", out group) ?? SelectNumber(result, out number);

    public override void Take() => Find(ValueKey.Of(group, room)).Add(number);

    public override string? TryTake(in Value result)
    {
        if (Select(result, Spec.By, "by", out var key) is { } noGroup)
            return noGroup;
        if (SelectNumber(result, out var addend) is { } noNumber)
            return noNumber;
        Find(ValueKey.Of(key, room)).Add(addend);
        return null;
    }

    public override (int By, int Value)? ColumnsOf(CsvHeader header) =>
        header.ColumnOf(Spec.By) is { } by && header.ColumnOf(Spec.Value) is { } value ? (by, value) : null;

    public override bool TryTakeFields(in CsvRow row, int by, int value)
    {
        if (!row.IsWord(by) || !row.TryReadInteger(value, out var addend))
            return false;
        TotalOf(groups.FindOrAdd((byte)ValueKind.Text, row[by])).Add((Int128)addend);
        return true;
    }

    public override void Merge(AggregateState other)
    {
        var theirs = (GroupSumState)other;
        for (var i = 0; i < theirs.groups.Count; i++)
            TotalOf(groups.FindOrAdd(theirs.groups[i], theirs.groups.HashOf(i))).Merge(theirs.totals[i]);
    }

    public override void Write(ByteWriter writer)
    {
        writer.Unsigned((ulong)groups.Count);
        for (var i = 0; i < groups.Count; i++)
        {
            writer.Bytes(groups[i]);
            totals[i].Write(writer);
        }
    }

    public override void Read(ref ByteReader reader)
    {
        groups = new KeyTable();
        for (var left = reader.Count(); left > 0; left--)
        {
            var key = ValueKey.ReadFrom(ref reader);
            Find(key).Read(ref reader);
        }
    }

    public override void WriteOutcome(Utf8JsonWriter json)
    {
        var order = Enumerable.Range(0, groups.Count).ToArray();
        Array.Sort(order, (left, right) => ValueKey.Compare(groups[left], groups[right]));
        json.WriteStartArray();
        foreach (var index in order)
        {
            json.WriteStartObject();
            json.WritePropertyName("key"u8);
            ValueKey.Write(groups[index], json);
            json.WritePropertyName("sum"u8);
            totals[index].Write(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private ExactTotal Find(ReadOnlySpan<byte> key) => TotalOf(groups.FindOrAdd(key));

    private ExactTotal TotalOf(int index)
    {
        if (index == totals.Length)
            Array.Resize(ref totals, 2 * index);
        return totals[index] ??= new ExactTotal();
    }
}
