namespace OrleansTasks.Processing.Aggregates;

/// <summary>One aggregate of a job.</summary>
/// <param name="Name">Its name among the results.</param>
/// <param name="Op">What it does.</param>
/// <param name="Value">Where in a result its value is; null for the result itself.</param>
/// <param name="By">Where in a result its group is; null for the result itself.</param>
/// <param name="K">How many values <see cref="AggregateOp.TopK"/> gives.</param>
/// <param name="MaxGroups">The most different values that are kept.</param>
/// <param name="Command">The arguments of a <see cref="AggregateOp.ReduceCommand"/>; else empty.</param>
public sealed record AggregateSpec(
    string Name, AggregateOp Op, JsonPointer? Value, JsonPointer? By, int K, int MaxGroups, ImmutableArray<string> Command)
{
    /// <summary>The most groups unless a job says otherwise.</summary>
    public const int DefaultMaxGroups = 1_000_000;

    /// <summary>The most frequent values unless a job says otherwise.</summary>
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
