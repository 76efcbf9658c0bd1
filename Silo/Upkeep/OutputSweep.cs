using OrleansTasks.Storage;

namespace OrleansTasks.Silo.Upkeep;

/// <summary>
/// Removes output files that no row tells of: of tasks that are gone, of attempts that never took place, and of attempts whose
/// result has the output itself. They remain when the service dies between a row's change and the removal of the files.
/// An attempt's row is written before its files, so the files are listed first and their rows are read afterwards.
/// </summary>
internal sealed class OutputSweep(ITaskStore tasks, IOutputStore output)
{
    /// <summary>How many parts are swept in one round of retention: every part is swept once in 32 rounds.</summary>
    internal const int PartsInRound = IOutputStore.Parts / 32;

    private int next;

    /// <summary>Sweeps the next parts; returns how many attempts' files it removed.</summary>
    internal async Task<int> Next(int parts, CancellationToken cancellation)
    {
        var removed = 0;
        for (; parts > 0; parts--)
        {
            foreach (var files in await output.List(next))
            {
                cancellation.ThrowIfCancellationRequested();
                if (await IsNeeded(files))
                    continue;
                await output.Delete(files.Task, files.Attempt, files.Token);
                removed++;
            }

            next = (next + 1) % IOutputStore.Parts;
        }

        return removed;
    }

    private async Task<bool> IsNeeded(OutputFiles files) =>
        await tasks.FindOutput(files.Task, files.Attempt) is { Dropped: false } found && found.Token == files.Token
        && found.Output is not { Inline: true };
}
