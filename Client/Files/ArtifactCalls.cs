using System.Buffers.Text;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Jobs;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Client.Workflows;
using OrleansTasks.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Files;

/// <summary>Lists the files that tasks, workflows and jobs left, and sends those of tasks.</summary>
/// <param name="grains">The stored files.</param>
/// <param name="sending">Sends files.</param>
public sealed class ArtifactCalls(GatewayGrains grains, FileSending sending)
{
    private const int Page = 1_000;

    // What a browser may show. HTML, SVG and scripts are not among these.
    private static readonly Dictionary<string, string> ShownTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        [".txt"] = "text/plain; charset=utf-8", [".log"] = "text/plain; charset=utf-8", [".md"] = "text/plain; charset=utf-8",
        [".json"] = "application/json", [".csv"] = "text/csv; charset=utf-8", [".png"] = "image/png", [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg", [".gif"] = "image/gif", [".webp"] = "image/webp", [".pdf"] = "application/pdf",
    };

    /// <summary>Lists the artifacts of a task.</summary>
    internal async Task List(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, Page, defaultValue: 100);
        var page = await Read(context, ReadCursor(query.Text("cursor")), limit + 1);
        var more = page.Rows.Length > limit;
        await ContractJson.Send(context, new ArtifactListAnswer
        {
            Items = [.. page.Rows.Take(limit).Select(ArtifactFileAnswer.Of)],
            NextCursor = more ? CursorOf(page.Rows[limit - 1].Path) : null,
            Count = page.Totals!.Count,
            TotalBytes = page.Totals.Bytes,
        });
    }

    /// <summary>Lists the artifacts of a workflow.</summary>
    internal async Task ListOfWorkflow(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, Page, defaultValue: 100);
        var after = ReadPlace(ReadCursor(query.Text("cursor")));
        var id = WorkflowCalls.IdOf(context);
        var page = await grains.Files.WorkflowArtifacts(id, after, limit + 1) ?? throw WorkflowCalls.NoWorkflow();
        if (page.Count is not { } count)
        {
            throw new ProblemException(Problems.NoArtifacts(
                "No node that has ended keeps files: \"artifacts\" of a node's task says which files are kept."));
        }

        if (count == 0 && page.ExpiredTasks > 0)
            throw new ProblemException(Problems.ArtifactsExpired());
        var more = page.Files.Length > limit;
        await ContractJson.Send(context, new WorkflowArtifactListAnswer
        {
            Items = [.. page.Files.Take(limit).Select(WorkflowArtifactAnswer.Of)],
            NextCursor = more ? CursorOf(page.Files[limit - 1].Place) : null,
            Count = count,
            TotalBytes = page.Bytes,
            ExpiredTasks = page.ExpiredTasks,
        });
    }

    /// <summary>Lists the artifacts of a job.</summary>
    internal async Task ListOfJob(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var (limit, after) = (query.Integer("limit", 1, Page, defaultValue: 100), ReadCursor(query.Text("cursor")));
        var found = await grains.Files.JobArtifacts(JobCalls.IdOf(context)) ?? throw JobCalls.NoJob();
        if (found.Totals is not { } totals)
        {
            throw new ProblemException(Problems.NoArtifacts(
                "The job has not succeeded, or it keeps none: \"results\" of its spec keeps the collected results as an artifact."));
        }

        await ContractJson.Send(context, new ArtifactListAnswer
        {
            // A job has one file, so no page has a next one.
            Items =
            [
                .. found.Rows.Where(row => after is null || string.CompareOrdinal(row.Path, after) > 0)
                    .Take(limit).Select(ArtifactFileAnswer.Of),
            ],
            NextCursor = null,
            Count = totals.Count,
            TotalBytes = totals.Bytes,
        });
    }

    /// <summary>Sends an artifact.</summary>
    internal async Task Get(HttpContext context)
    {
        var path = context.Request.RouteValues["path"] as string ?? "";
        if (await grains.Files.FindArtifact(ReadCalls.IdOf(context), path) is not { } row)
        {
            await Read(context, after: null, limit: 1);
            throw new ProblemException(Problems.NotFound("The task left no file at this path."));
        }

        await sending.Send(context, row.File, ShownTypes.GetValueOrDefault(Path.GetExtension(row.Path)));
    }

    /// <summary>Sends all artifacts as a tar archive.</summary>
    internal async Task GetTar(HttpContext context)
    {
        await SendAll(context, "application/x-tar", "tar", async (rows, answer) =>
        {
            await using var tar = new TarWriter(answer, TarEntryFormat.Pax, leaveOpen: true);
            await foreach (var row in rows)
            {
                await using var content = new StoredFileStream(grains.Files, row.File);
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, row.Path)
                {
                    DataStream = content, Mode = ModeOf(row), ModificationTime = DateTimeOffset.UnixEpoch,
                }, context.RequestAborted);
            }
        });
    }

    /// <summary>Sends all artifacts as a zip archive.</summary>
    internal async Task GetZip(HttpContext context)
    {
        await SendAll(context, "application/zip", "zip", async (rows, answer) =>
        {
            var zip = await ZipArchive.CreateAsync(answer, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8, context.RequestAborted);
            await using (zip)
            {
                await foreach (var row in rows)
                {
                    var entry = zip.CreateEntry(row.Path, CompressionLevel.Fastest);
                    entry.ExternalAttributes = (int)ModeOf(row) << 16;
                    await using var into = await entry.OpenAsync(context.RequestAborted);
                    await sending.Copy(row.File.Name, 0, row.File.Bytes, bytes => into.WriteAsync(bytes, context.RequestAborted));
                }
            }
        });
    }

    private async Task SendAll(
        HttpContext context, string type, string suffix, Func<IAsyncEnumerable<ArtifactRow>, Stream, Task> write)
    {
        var first = await Read(context, after: null, Page);
        context.Response.ContentType = type;
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{ReadCalls.IdOf(context)}.{suffix}\"";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        var (room, send) = await sending.Begin(context);
        using (room)
        {
            var answer = new ArchiveAnswer(send);
            await write(Rows(context, first), answer);
            await answer.FlushAsync(context.RequestAborted);
        }
    }

    private async IAsyncEnumerable<ArtifactRow> Rows(HttpContext context, TaskArtifacts first)
    {
        for (var page = first; ; page = await Read(context, page.Rows[^1].Path, Page))
        {
            foreach (var row in page.Rows)
                yield return row;
            if (page.Rows.Length < Page)
                yield break;
        }
    }

    private async Task<TaskArtifacts> Read(HttpContext context, string? after, int limit)
    {
        var id = ReadCalls.IdOf(context);
        var page = await grains.Files.Artifacts(id, after, limit) ?? throw ReadCalls.NoTask();
        if (page.Totals is { IsExpired: true })
            throw new ProblemException(Problems.ArtifactsExpired());
        if (page.Totals is not null)
            return page;
        var task = await grains.Tasks.Get(id) ?? throw ReadCalls.NoTask();
        throw new ProblemException(Problems.NoArtifacts(task.State.IsFinal()
            ? "It was to leave none: \"artifacts\" of its spec says which files are kept."
            : "It has not ended yet. To wait, get the task with ?wait=30s, then its artifacts."));
    }

    private static UnixFileMode ModeOf(ArtifactRow row) => UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead
        | UnixFileMode.OtherRead
        | (row.IsExecutable ? UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute : UnixFileMode.None);

    private static string CursorOf(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static string CursorOf(WorkflowArtifactPlace place) =>
        CursorOf(string.Create(CultureInfo.InvariantCulture, $"{place.Node}/{place.Item}/{place.Path}"));

    private static WorkflowArtifactPlace? ReadPlace(string? cursor) => cursor?.Split('/', 3) switch
    {
        null => null,
        [var node, var item, var path] when int.TryParse(node, CultureInfo.InvariantCulture, out var nodeIndex)
            && int.TryParse(item, CultureInfo.InvariantCulture, out var itemIndex) =>
            new WorkflowArtifactPlace(nodeIndex, itemIndex, path),
        _ => throw new ProblemException(Problems.BadCursor("cursor")),
    };

    private static string? ReadCursor(string? text)
    {
        if (text is null)
            return null;
        if (!Base64Url.IsValid(text))
            throw new ProblemException(Problems.BadCursor("cursor"));
        return Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text));
    }
}
