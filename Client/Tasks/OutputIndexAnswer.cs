using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>When an attempt's output arrived, as the HTTP contract shows it.</summary>
[Schema("OutputIndex"), Description("When output arrived: a mark for each change of the stream, and some in between.")]
internal sealed record OutputIndexAnswer(
    [property: Description("The attempt."), Range(0, double.PositiveInfinity)]
    long Attempt,
    [property: Description("The sizes of the streams.")]
    OutputSizesAnswer Streams,
    [property: Description("In the order of arrival. From one mark to the next, only the mark's stream arrived, until the first 10,000 marks are "
        + "used up. Empty if the worker sends none."), MaxLength(20_000)]
    IEnumerable<OutputMarkAnswer> Marks)
{
    /// <summary>The example of the contract.</summary>
    public static OutputIndexAnswer Example => new(
        1, new OutputSizesAnswer(new OutputSizeAnswer(8, 2), new OutputSizeAnswer(4, 1)),
        [
            new OutputMarkAnswer(OutputStream.Stdout, 0, 1, Examples.Time), new OutputMarkAnswer(OutputStream.Stderr, 0, 1, Examples.Time + 120),
            new OutputMarkAnswer(OutputStream.Stdout, 4, 2, Examples.Time + 240),
        ]);
}

/// <summary>The sizes of both streams, as the HTTP contract shows them.</summary>
internal sealed record OutputSizesAnswer(
    [property: Description("Standard output.")]
    OutputSizeAnswer Stdout,
    [property: Description("Standard error.")]
    OutputSizeAnswer Stderr);

/// <summary>The size of a stream, as the HTTP contract shows it.</summary>
[Schema("OutputSize"), Description("The size of a stream.")]
internal sealed record OutputSizeAnswer(
    [property: Description("The number of bytes."), Range(0, double.PositiveInfinity)]
    long Bytes,
    [property: Description("Null if more than 1 MiB arrived after the last mark, so that its lines are not counted.")]
    [property: Range(0, double.PositiveInfinity)]
    long? Lines)
{
    /// <summary>The example of the contract.</summary>
    public static OutputSizeAnswer Example => new(8, 2);
}

/// <summary>When bytes of a stream arrived, as the HTTP contract shows it.</summary>
[Description("When bytes of a stream arrived.")]
internal sealed record OutputMarkAnswer(
    [property: Description("The stream.")]
    OutputStream Stream,
    [property: Description("The first byte of the stream that arrived then."), Range(0, double.PositiveInfinity)]
    long Offset,
    [property: Description("The number of the line, in its stream, that this byte is part of."), Range(1, double.PositiveInfinity)]
    long Line,
    [property: Description("When it arrived.")]
    Timestamp At);
