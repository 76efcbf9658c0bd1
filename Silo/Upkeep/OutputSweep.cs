using OrleansTasks.Storage;

namespace OrleansTasks.Silo.Upkeep;

/// <summary>
/// Removes output files that no stored attempt needs: their task is gone, their attempt was never stored, or the
/// attempt's result has the output itself. Such files remain if the service dies between changing a row and deleting
/// the files. An attempt's row is written before its files, so listing the files before reading the rows is safe.
/// </summary>
internal sealed class OutputSweep(ITaskStore tasks, IOutputStore output)
{
    /// <summary>The number of parts swept in a round of retention. Every part is swept once in 32 rounds.</summary>
    internal const int PartsInRound = IOutputStore.Parts / 32;

    private int next;

    /// <summary>Sweeps the next parts, and returns the number of attempts whose files it removed.</summary>
    internal async Task<int> Next(int parts, CancellationToken cancellation)
    {
        var removed = 0;
        for (; parts > 0; parts--)
        {
            // Advances first, so that a part that cannot be read does not keep the following ones from being swept.
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
