using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Files;
using OrleansTasks.Cli.Streams;

namespace OrleansTasks.Cli.Map;

/// <summary>Brings the files that the tasks of a map left into a folder.</summary>
/// <param name="files">Brings the files of a task.</param>
/// <param name="folder">The folder.</param>
internal sealed class MapArtifacts(ArtifactFiles files, string folder)
{
    private readonly Patience patience = new(TimeProvider.System);

    /// <summary>Brings the files of a task that has ended. Returns why that failed; null if it did not.</summary>
    public async Task<string?> Bring(MapEnd end, CancellationToken cancellation)
    {
        if (!end.LeftFiles)
            return null;
        try
        {
            await patience.Repeat(() => files.Bring(end.Id, folder, cancellation), cancellation);
            return null;
        }
        catch (Exception failure) when (failure is RefusedException or OutputLostException)
        {
            return $"the files of task {end.Id} were not brought: {failure.Message}";
        }
    }
}
