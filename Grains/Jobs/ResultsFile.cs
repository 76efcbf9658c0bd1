using OrleansTasks.Files;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Stores the collected results of a job as a file and records it as the job's artifact, before the job succeeds. A
/// repetition stores the same bytes.
/// </summary>
/// <param name="jobs">The results.</param>
/// <param name="depot">Stores the file.</param>
/// <param name="index">Records it as the job's artifact.</param>
/// <param name="time">The clock.</param>
internal sealed class ResultsFile(IJobStore jobs, FileDepot depot, IFileIndex index, TimeProvider time)
{
    /// <summary>The path of the artifact.</summary>
    public const string Path = "results.ndjson";

    private const int PageBytes = 1 << 20;

    /// <summary>The token under which a job's artifacts are recorded; a job has no attempts.</summary>
    public static LeaseToken Token { get; } = new(0, 1);

    /// <summary>
    /// Stores and records the file. Returns null, or a sentence that says why the file cannot be stored.
    /// </summary>
    /// <exception cref="StoreUnavailableException">A later try may succeed.</exception>
    public async Task<string?> Keep(TaskId job)
    {
        try
        {
            await using var upload = await depot.Begin();
            var after = 0L;
            while (await jobs.Collected(job, after, PageBytes) is { IsEmpty: false } page)
            {
                foreach (var chunk in page)
                    await upload.Write(chunk.Lines);
                after = page[^1].No;
            }

            var file = upload.Seal();
            await depot.Store([upload]);
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            var missing = await index.AddArtifacts(job, Token, [new ArtifactRow(Path, file, IsExecutable: false)], now);
            return missing.IsEmpty
                ? null
                : throw new StoreUnavailableException("The results were removed while they were being recorded.");
        }
        catch (FileStoreFullException full)
        {
            return $"The results cannot be kept as an artifact: {full.Message}";
        }
    }
}
