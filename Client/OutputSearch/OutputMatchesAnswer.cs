using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.OutputSearch;

/// <summary>Lines found in the output of an attempt, as the HTTP contract shows them.</summary>
[Schema("OutputMatches"), Description("Lines found in the output of an attempt.")]
internal sealed record OutputMatchesAnswer(
    [property: Description("The attempt that was searched; 0 if the task has not started."), Range(0, double.PositiveInfinity)]
    long Attempt,
    [property: Description("The lines.")]
    IEnumerable<OutputMatchAnswer> Matches,
    [property: Description("Whether the search covered all output so far.")]
    bool Complete,
    [property: Description("Pass it as from to continue; null if the search is complete.")]
    string? Next)
{
    /// <summary>The example of the contract.</summary>
    public static OutputMatchesAnswer Example => new(
        1, [new OutputMatchAnswer(OutputStream.Stderr, 10240, 171, "rsync: write failed: Disk quota exceeded (122)")], Complete: true, null);
}

/// <summary>A line found in the output of an attempt, as the HTTP contract shows it.</summary>
[Description("A line with a match.")]
internal sealed record OutputMatchAnswer(
    [property: Description("The stream.")]
    OutputStream Stream,
    [property: Description("The byte at which the first match in the line begins; for a pattern with nested counts in a long line, the byte at "
        + "which the line begins."), Range(0, double.PositiveInfinity)]
    long Offset,
    [property: Description("The line's number in its stream."), Range(1, double.PositiveInfinity)]
    long Line,
    [property: Description("The line, or up to 1,000 bytes around the match in a long line.")]
    string Text);

/// <summary>Lines found in the output of several tasks, as the HTTP contract shows them.</summary>
[Schema("LogMatches"), Description("Lines found in the output of several tasks.")]
internal sealed record LogMatchesAnswer(
    [property: Description("The lines.")]
    IEnumerable<LogMatchAnswer> Items,
    [property: Description("Whether the search covered all output so far of all tasks that the filters match. It covers at most the first 16 MiB "
        + "of a stream. If false, use filters such as createdBefore to search the rest.")]
    bool Complete)
{
    /// <summary>The example of the contract.</summary>
    public static LogMatchesAnswer Example => new(
        [new LogMatchAnswer(Examples.Id.ToString(), OutputStream.Stderr, 171, "rsync: write failed: Disk quota exceeded (122)")], Complete: true);
}

/// <summary>A line found in the output of a task, as the HTTP contract shows it.</summary>
[Description("A line with a match.")]
internal sealed record LogMatchAnswer(
    [property: RefersTo("Id")]
    string Task,
    [property: Description("The stream.")]
    OutputStream Stream,
    [property: Description("The line's number in its stream."), Range(1, double.PositiveInfinity)]
    long Line,
    [property: Description("The line, or up to 1,000 bytes around the match in a long line.")]
    string Text);
