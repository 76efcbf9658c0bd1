using System.Text.Json;

namespace OrleansTasks.Processing.Aggregates;

/// <summary>Counts results.</summary>
internal sealed class CountState(AggregateSpec spec) : AggregateState(spec)
{
    private long count;

    public override bool TakesAnything => true;

    public override string? Refuse(in Value result) =>
        result.Kind == ValueKind.Overlong ? $"'{Spec.Name}' does not accept {result.Describe()}" : null;

    public override void Take() => count++;

    public override bool TakesTexts => true;

    public override void TakeText(ReadOnlySpan<byte> text) => count++;

    public void Take(long more) => count += more;

    public override void Merge(AggregateState other) => count += ((CountState)other).count;

    public override void Write(ByteWriter writer) => writer.Signed(count);

    public override void Read(ref ByteReader reader) => count = reader.Amount();

    public override void WriteOutcome(Utf8JsonWriter json) => json.WriteNumberValue(count);
}
