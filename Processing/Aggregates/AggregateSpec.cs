namespace OrleansTasks.Processing.Aggregates;

/// <summary>Specifies one aggregate of a job.</summary>
/// <param name="Name">The aggregate's name in the job's results.</param>
/// <param name="Op">What the aggregate computes.</param>
/// <param name="Value">Where a result holds the value to aggregate; null if the result itself is the value.</param>
/// <param name="By">Where a result holds the group to aggregate by; null if the result itself is the group.</param>
/// <param name="K">The number of values that <see cref="AggregateOp.TopK"/> returns.</param>
/// <param name="MaxGroups">The maximum number of distinct values or groups that are kept.</param>
/// <param name="Command">
/// The arguments of an <see cref="AggregateOp.ReduceCommand"/>; empty for other operations.
/// </param>
public sealed record AggregateSpec(
    string Name, AggregateOp Op, JsonPointer? Value, JsonPointer? By, int K, int MaxGroups, ImmutableArray<string> Command)
{
    /// <summary>The maximum number of groups if the job does not specify one.</summary>
    public const int DefaultMaxGroups = 1_000_000;

    /// <summary>The number of most frequent values if the job does not specify one.</summary>
    public const int DefaultK = 10;

    internal void Write(ByteWriter writer)
    {
        writer.Text(Name);
        writer.Byte((byte)Op);
        writer.Text(Value?.Text);
        writer.Text(By?.Text);
        writer.Unsigned((ulong)K);
        writer.Unsigned((ulong)MaxGroups);
        writer.Unsigned((ulong)Command.Length);
        foreach (var argument in Command)
            writer.Text(argument);
    }

    internal static AggregateSpec Read(ref ByteReader reader)
    {
        var name = reader.Text()!;
        var op = (AggregateOp)reader.Byte();
        var value = reader.Text();
        var by = reader.Text();
        var k = (int)reader.Unsigned();
        var groups = (int)reader.Unsigned();
        var command = ImmutableArray.CreateBuilder<string>();
        for (var left = reader.Count(); left > 0; left--)
            command.Add(reader.Text()!);
        return new AggregateSpec(
            name, op, value is null ? null : JsonPointer.TryParse(value), by is null ? null : JsonPointer.TryParse(by), k, groups,
            command.DrainToImmutable());
    }
}
