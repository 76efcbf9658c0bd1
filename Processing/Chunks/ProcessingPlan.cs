using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Chunks;

/// <summary>The plan by which a worker evaluates the chunks of a job. All chunks have the same plan.</summary>
/// <param name="Processor">The kind of processor.</param>
/// <param name="Select">The pointer of <see cref="ProcessorKind.Json"/>; null for the whole value.</param>
/// <param name="Command">The arguments of a command, or the name of a plug-in; otherwise empty.</param>
/// <param name="Aggregates">The aggregates over the results.</param>
/// <param name="SkipErrors">Whether an item with an error is skipped. If not, it fails its chunk.</param>
public sealed record ProcessingPlan(
    ProcessorKind Processor,
    JsonPointer? Select,
    ImmutableArray<string> Command,
    ImmutableArray<AggregateSpec> Aggregates,
    bool SkipErrors)
{
    private const byte Version = 1;

    /// <summary>Whether results are collected.</summary>
    public bool Collects => Aggregates.Any(static aggregate => aggregate.Op == AggregateOp.Collect);

    /// <summary>Whether the evaluation of a chunk needs memory for items or results, even for a range.</summary>
    public bool MakesLines => RunsCommands || Collects;

    /// <summary>Whether commands evaluate the items or reduce the results.</summary>
    public bool RunsCommands => Processor is ProcessorKind.Command or ProcessorKind.ChunkCommand || Reduces;

    /// <summary>Whether commands reduce results.</summary>
    public bool Reduces => Aggregates.Any(static a => a.Op == AggregateOp.ReduceCommand);

    /// <summary>Returns the binary form.</summary>
    public byte[] ToBytes()
    {
        var writer = new ByteWriter();
        writer.Byte(Version);
        writer.Byte((byte)Processor);
        writer.Text(Select?.Text);
        writer.Flag(SkipErrors);
        writer.Unsigned((ulong)Command.Length);
        foreach (var argument in Command)
            writer.Text(argument);
        writer.Unsigned((ulong)Aggregates.Length);
        foreach (var aggregate in Aggregates)
            aggregate.Write(writer);
        return writer.ToArray();
    }

    /// <summary>Reads the binary form. Throws <see cref="FormatException"/> if it is malformed.</summary>
    public static ProcessingPlan Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        if (reader.Byte() != Version)
            throw new FormatException("A plan has a version that this program does not support.");
        var processor = (ProcessorKind)reader.Byte();
        var select = reader.Text();
        var skip = reader.Flag();
        var command = ImmutableArray.CreateBuilder<string>();
        for (var left = reader.Count(); left > 0; left--)
            command.Add(reader.Text()!);
        var aggregates = ImmutableArray.CreateBuilder<AggregateSpec>();
        for (var left = reader.Count(); left > 0; left--)
            aggregates.Add(AggregateSpec.Read(ref reader));
        return new ProcessingPlan(
            processor, select is null ? null : JsonPointer.TryParse(select), command.DrainToImmutable(),
            aggregates.DrainToImmutable(), skip);
    }
}
