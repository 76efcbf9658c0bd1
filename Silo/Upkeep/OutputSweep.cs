using OrleansTasks.Storage;

namespace OrleansTasks.Silo.Upkeep;

/// <summary>
/// Removes output files that no stored attempt needs: their task is gone, their attempt was never stored, or the attempt's result has
/// the output itself. Such files remain when the service dies after it changed a row and before it deleted the files. An attempt's row is
/// written before its files, so the files are listed first and the rows are read afterwards.
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
            // First of all: a part that cannot be read must not keep the parts behind it from being swept.
            var part = next;
            next = (next + 1) % IOutputStore.Parts;
            foreach (var files in await output.List(part))
            {
                cancellation.ThrowIfCancellationRequested();
                if (await IsNeeded(files))
                    continue;
                await output.Delete(files.Task, files.Attempt, files.Token);
                removed++;
            }
        }

        return removed;
    }

    private async Task<bool> IsNeeded(OutputFiles files) =>
        await tasks.FindOutput(files.Task, files.Attempt) is { Dropped: false } found && found.Token == files.Token
        && found.Output is not { Inline: true };
}
