using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Definitions;

/// <summary>
/// Reads the choices that definitions give to parameters of others: the lines that the latest successful task of each
/// printed. Finding that task takes as long as a filtered list.
/// </summary>
/// <param name="grains">The definitions, tasks and their output.</param>
/// <param name="time">The clock.</param>
public sealed class ChoiceReader(GatewayGrains grains, TimeProvider time)
{
    /// <summary>Adds the choices that definitions print to a book.</summary>
    /// <param name="book">The book.</param>
    /// <param name="sources">
    /// The definitions. Only the first <see cref="ServiceLimits.ChoiceSources"/> different ones are read.
    /// </param>
    /// <exception cref="TimeoutException">
    /// All reads together took longer than <see cref="LongReads.LongestRead"/>.
    /// </exception>
    internal async Task Read(DefinitionBook book, IEnumerable<string> sources)
    {
        using var limit = new CancellationTokenSource(LongReads.LongestRead, time);
        try
        {
            foreach (var source in sources.Distinct(StringComparer.Ordinal).Take(ServiceLimits.ChoiceSources))
                book.Offer(await Read(source, limit.Token));
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException("Reading the choices took too long.", e);
        }
    }

    /// <summary>Returns what the latest successful task of a definition printed.</summary>
    /// <param name="source">The definition.</param>
    /// <param name="cancellation">Ends the read.</param>
    internal async Task<PrintedChoices> Read(string source, CancellationToken cancellation)
    {
        switch (await grains.Definitions.Get(source, version: null).WaitAsync(cancellation))
        {
            case null:
                return PrintedChoices.NotStored(source);
            case { Kind: not DefinitionKind.Task }:
                return PrintedChoices.NotATask(source);
        }

        // The label also finds tasks that schedules, triggers and nodes of workflows started. No caller can set it.
        var filter = TaskFilter.All with
        {
            State = TaskState.Succeeded, Labels = [new Label(DefinitionLabels.Name, source)],
        };
        var query = new TaskListQuery(filter, TaskSort.Created, Now: 0, After: null, Limit: 1, AsRows: true);
        if (await grains.Tasks.ListBy(query, cancellation) is not [var task])
            return PrintedChoices.NotRun(source);
        var read = grains.Tasks.ReadOutput(
            task.Id, attempt: 0, OutputStream.Stdout, offset: 0, count: ServiceLimits.ChoiceOutputBytes);
        var page = await read.WaitAsync(cancellation);
        // Retention removes output before tasks, and may have removed the task meanwhile.
        if (page is null || (page.Length == 0 && task.StdoutBytes > 0))
            return PrintedChoices.Gone(source, task.Id, task.EndedAt);
        // More may have been printed than was read, or than was kept.
        var isWhole = page.Length == page.Bytes.Length && !task.Truncated;
        return PrintedChoices.Of(source, task.Id, task.EndedAt, page.Bytes.Span, isWhole);
    }
}
