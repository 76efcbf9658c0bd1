using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Processing.Lines;

/// <summary>
/// A chunk that a program evaluates: its items as lines, and the fold of the lines that the program returns. For one
/// thread at a time. The methods that take lines throw <see cref="ItemErrorException"/> for an error that the plan does
/// not skip.
/// </summary>
public sealed class LineChunk
{
    private const int LookEvery = 1024;
    private readonly ResultFold fold;
    private readonly ChunkInput input;
    private readonly List<LeftOutItem> leftOut = [];
    private readonly long noItems;
    private int nextLeftOut;
    private long shown;
    private int shownAt;
    private long index;
    private long faults;

    /// <summary>Prepares the lines.</summary>
    public LineChunk(ProcessingPlan plan, in ChunkInput input)
    {
        fold = new ResultFold(plan);
        this.input = input;
        Input = LineInput.Of(input, leftOut);
        noItems = leftOut.Count(static item => item.Fault is null);
    }

    /// <summary>The input of the program: one line per item, each ended by a line feed.</summary>
    public ReadOnlyMemory<byte> Input { get; }

    /// <summary>The number of lines in the input.</summary>
    public long Lines => input.Items - leftOut.Count;

    /// <summary>The number of lines taken from the program.</summary>
    public long Answers { get; private set; }

    /// <summary>Takes the answer to the next item, without its line feed. The bytes are not used afterwards.</summary>
    public void TakeAnswer(ReadOnlyMemory<byte> line)
    {
        if (leftOut.Count > 0)
            PassLeftOut();
        if ((ResultLine.FaultOf(line, out var answer) ?? fold.TryTakeItem(answer)) is { } fault)
            fold.Fault(new ItemError(input.First + index, fault, LineInput.Preview(LineOf(Answers))));
        index++;
        if (++Answers % LookEvery == 0)
            fold.Partial.CheckGroups();
    }

    /// <summary>
    /// Takes a result that belongs to the chunk as a whole.
    /// A result that an aggregate refuses counts as an item with an error, up to the number of items in the chunk.
    /// </summary>
    public void TakeResult(ReadOnlyMemory<byte> line)
    {
        if ((ResultLine.FaultOf(line, out var result) ?? fold.TryTake(result)) is { } fault)
        {
            var error = new ItemError(input.First, fault, LineInput.Preview(line.Span));
            if (++faults <= Lines)
                fold.Fault(error);
        }

        if (++Answers % LookEvery == 0)
            fold.Partial.CheckGroups();
    }

    /// <summary>Returns the partial of a program that answered each line.</summary>
    public Partial FinishAnswers()
    {
        PassLeftOut();
        fold.Partial.CheckGroups();
        return fold.Partial;
    }

    /// <summary>Returns the partial of a program that gave results for the whole chunk.</summary>
    public Partial FinishResults()
    {
        PassAllLeftOut();
        fold.Partial.Items = input.Items - noItems - fold.Partial.Skipped;
        fold.Partial.CheckGroups();
        return fold.Partial;
    }

    /// <summary>Returns a line of the input. The number must not be lower than in the last call.</summary>
    private ReadOnlySpan<byte> LineOf(long number)
    {
        for (; shown < number; shown++)
            shownAt += Input.Span[shownAt..].IndexOf((byte)'\n') + 1;
        var rest = Input.Span[shownAt..];
        return rest[..rest.IndexOf((byte)'\n')];
    }

    private void PassLeftOut()
    {
        for (; nextLeftOut < leftOut.Count && leftOut[nextLeftOut].Index == index; nextLeftOut++, index++)
            Pass(leftOut[nextLeftOut]);
    }

    private void PassAllLeftOut()
    {
        foreach (var item in leftOut)
            Pass(item);
    }

    private void Pass(LeftOutItem item)
    {
        if (item.Fault is { } fault)
            fold.Fault(new ItemError(input.First + item.Index, fault, item.Preview));
    }
}
