using OrleansTasks.Files;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Paths;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;

namespace OrleansTasks.Jobs;

/// <summary>
/// The files that a new job reads, or why it may not read them; exactly one is null. The refusal follows the field's
/// name in the message, so it begins with a verb.
/// </summary>
internal sealed record FoundSource(FileSet? Files, string? Refusal)
{
    /// <summary>The names of the stored files, each once.</summary>
    public ImmutableArray<FileName> Names => Files is null ? [] :
    [
        .. Files.Parts.Where(static part => part.IsStored).Select(static part => FileName.Parse(part.Path)).Distinct(),
    ];
}

/// <summary>Finds the files of jobs' sources.</summary>
/// <param name="folders">The files of the silo's machine; null if it reads none.</param>
/// <param name="tasks">The tasks whose artifacts are sources.</param>
/// <param name="index">The stored files; null if there are none.</param>
/// <param name="time">The clock.</param>
internal sealed class SourceFiles(ISourceFiles? folders, ITaskStore tasks, IFileIndex? index, TimeProvider time)
{
    /// <summary>
    /// Returns the files of a source. Stored files then stay for a day; within that time the job's commit records that
    /// the job names them.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read.</exception>
    public async Task<FoundSource> Find(JobSource source)
    {
        if (!source.Files.IsEmpty)
        {
            return index is null
                ? new FoundSource(null, "names stored files, and this silo has none")
                : await FindStored(source.Files, index);
        }

        if (folders is null)
            return new FoundSource(null, "cannot be read: this silo reads no files");
        var found = folders.Find(source.Path);
        return new FoundSource(found.Part is { } part ? FileSet.Of(part) : null, found.Refusal);
    }

    private async Task<FoundSource> FindStored(ImmutableArray<JobSourceFile> asked, IFileIndex files)
    {
        var names = new List<FileName>();
        foreach (var one in asked)
        {
            if (one.File is { } name)
                names.Add(name);
            else if (await AddArtifacts(one, files, names) is { } fault)
                return new FoundSource(null, fault);
            if (names.Count > ServiceLimits.JobSourceFiles)
                return new FoundSource(null, $"names more than {ServiceLimits.JobSourceFiles} files");
        }

        FileName[] distinct = [.. names.Distinct()];
        if (await files.Missing(distinct, time.GetUtcNow().ToUnixTimeMilliseconds()) is [var missing, ..])
            return new FoundSource(null, $"names {missing}, which is not stored");
        var sizes = (await files.FindAll(distinct)).ToDictionary(static file => file.Name, static file => file.Bytes);
        return new FoundSource(FileSet.Of([.. names.Select(name => (name, sizes[name]))]), null);
    }

    private async Task<string?> AddArtifacts(JobSourceFile asked, IFileIndex files, List<FileName> names)
    {
        var search = new ArtifactSearch(tasks, files);
        if (PathPattern.Parse(asked.Artifact, out _) is not { } pattern
            || await search.Kept(asked.Task!.Value) is not { } kept)
            return $"names the task {asked.Task}, which has no artifacts";
        var before = names.Count;
        foreach (var one in kept)
        {
            await foreach (var row in search.Matching(one, pattern))
            {
                names.Add(row.File.Name);
                if (names.Count > ServiceLimits.JobSourceFiles)
                    return null;
            }
        }

        return names.Count == before ? $"matches no artifact of the task {asked.Task}" : null;
    }
}
