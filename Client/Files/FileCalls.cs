using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Files;

/// <summary>Stores, sends and lists files. Their bytes pass through in blocks; no file is in memory as a whole.</summary>
/// <param name="grains">The stored files.</param>
/// <param name="bodies">Limits the bytes of large bodies.</param>
/// <param name="sending">Sends files.</param>
/// <param name="reads">Limits concurrent long reads.</param>
/// <param name="time">The clock.</param>
public sealed class FileCalls(GatewayGrains grains, BodyBudget bodies, FileSending sending, LongReads reads, TimeProvider time)
{
    /// <summary>The media type of archives.</summary>
    internal const string ArchiveType = "application/x-tar";

    private const int Block = ServiceLimits.FileBlockBytes;
    private const int CursorSize = sizeof(long) + FileName.Size;
    private static readonly string[] Fields = ["files"];

    /// <summary>Stores the body under the name in the route.</summary>
    internal async Task Put(HttpContext context)
    {
        var name = NameIn(context) ?? throw new ProblemException(Problems.Invalid(
            "invalid-file", [new SpecError("file", "is not a file's name: sha256: and 64 hexadecimal digits in lower case")]));
        RequireUnencoded(context);
        if ((await grains.Files.Missing([name])).IsEmpty && await grains.Files.Find(name) is { } stored)
            await Answer(context, new UploadReply(UploadOutcome.Done) { File = stored, WasThere = true });
        else
            await Store(context, name);
    }

    /// <summary>Stores the body.</summary>
    internal async Task Store(HttpContext context, FileName? expected)
    {
        RequireUnencoded(context);
        await Upload(context, isArchive: false, async (upload, bytes) =>
            await Answer(context, await grains.Writes.Once(() => upload.Complete(bytes, expected))));
    }

    /// <summary>Stores each file of the body, a tar archive.</summary>
    internal async Task StoreArchive(HttpContext context)
    {
        RequestBody.Require(context, ArchiveType);
        await Upload(context, isArchive: true, async (upload, bytes) =>
        {
            var files = ImmutableArray.CreateBuilder<ArchivedFile>();
            UploadReply reply;
            do
            {
                reply = await grains.Writes.Once(() => upload.Unpack(bytes));
                Require(reply);
                files.AddRange(reply.Files);
            }
            while (reply.HasMore);
            context.Response.StatusCode = StatusCodes.Status201Created;
            await ContractJson.Send(context, new WholeList<ArchivedFileAnswer>(files.Select(ArchivedFileAnswer.Of)));
        });
    }

    /// <summary>Says which files are not stored.</summary>
    internal async Task Missing(HttpContext context)
    {
        var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
        var missing = await grains.Files.Missing(ReadNames(body));
        await ContractJson.Send(context, new MissingFilesAnswer { Missing = [.. missing.Select(static name => name.ToString())] });
    }

    /// <summary>Sends a file or a range of it.</summary>
    internal async Task Get(HttpContext context)
    {
        if (NameIn(context) is not { } name || await grains.Files.Find(name) is not { } file)
            throw new ProblemException(Problems.NotFound("No file has this name; it may have been removed, because nothing named it."));
        await sending.Send(context, file);
    }

    /// <summary>Lists the stored files.</summary>
    internal async Task List(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, 1000, defaultValue: 100);
        var sort = query.Text("sort") switch
        {
            null or "age" => FileSort.Age,
            "size" => FileSort.Size,
            var other => throw QueryValues.Refuse($"'sort' must be age or size, not '{StrictReader.Quote(other)}'."),
        };
        var after = ReadCursor(query.Text("cursor"));
        var page = await reads.Run(context, cancellation => grains.Files.List(sort, after, limit + 1, cancellation));
        await ContractJson.Send(context, new CursorList<StoredFileAnswer>(
            [.. page.Take(limit).Select(StoredFileAnswer.Of)], page.Length > limit ? CursorAfter(sort, page[limit - 1]) : null));
    }

    private static FileName? NameIn(HttpContext context) =>
        context.Request.RouteValues["file"] is string text && FileName.TryParse(text, out var name) ? name : null;

    private static void RequireUnencoded(HttpContext context)
    {
        if (context.Request.Headers.ContentEncoding is { Count: > 0 } encodings && encodings != "identity")
            throw new ProblemException(Problems.UnsupportedMediaType("application/octet-stream"));
        if (context.Request.ContentLength > ServiceLimits.FileBytes)
            throw new ProblemException(Problems.FileTooLarge());
    }

    private static Task Answer(HttpContext context, UploadReply reply)
    {
        Require(reply);
        context.Response.StatusCode = reply.WasThere ? StatusCodes.Status200OK : StatusCodes.Status201Created;
        return ContractJson.Send(context, UploadedFileAnswer.Of(reply.File!.Value));
    }

    private static void Require(UploadReply reply)
    {
        if (reply.Outcome == UploadOutcome.Done)
            return;
        throw new ProblemException(reply.Outcome switch
        {
            UploadOutcome.Full => Problems.FileStoreFull(),
            UploadOutcome.WrongHash => Problems.WrongHash(reply.File!.Value.Name.ToString()),
            UploadOutcome.BadArchive => Problems.InvalidArchive(reply.Fault ?? ""),
            _ => Problems.UploadLost(),
        });
    }

    // Reads a block while the one before is being written.
    private async Task Upload(HttpContext context, bool isArchive, Func<IFileUploadGrain, long, Task> end)
    {
        if (context.Request.ContentLength is not <= BodyBudget.Small)
            await bodies.Enter(context, 2 * Block);
        var body = new BodyBlocks(context, time);
        var upload = grains.NewUpload();
        var (sent, length) = (Task.FromResult(new UploadReply(UploadOutcome.Done)), 0L);
        byte[]? sending = null;
        try
        {
            while (true)
            {
                var block = ArrayPool<byte>.Shared.Rent(body.NextSize);
                var filled = await body.Read(block.AsMemory(0, Math.Min(block.Length, Block)));
                Require(await sent);
                if (sending is not null)
                    ArrayPool<byte>.Shared.Return(sending);
                sending = block;
                if (filled == 0)
                    break;
                if (length + filled > ServiceLimits.FileBytes)
                    throw new ProblemException(Problems.FileTooLarge());
                sent = upload.Append(new FileBlock(length, block.AsMemory(0, filled)), isArchive);
                length += filled;
            }

            await end(upload, length);
        }
        catch
        {
            // The silo forgets it by itself, but later. What is on its way there must come first; it may still use its block.
            await Task.WhenAny(sent);
            upload.Discard().Ignore();
            throw;
        }
    }

    private static ImmutableArray<FileName> ReadNames(ReadOnlySpan<byte> body)
    {
        var errors = new SpecErrors();
        try
        {
            var reader = new StrictReader(body, errors);
            reader.Read();
            var names = ReadNames(ref reader);
            reader.Finish();
            if (errors.IsEmpty)
                return names;
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
        }

        throw new ProblemException(Problems.Of(errors, "invalid-files"));
    }

    private static ImmutableArray<FileName> ReadNames(ref StrictReader reader)
    {
        var names = ImmutableArray.CreateBuilder<FileName>();
        var seen = default(SeenFields);
        if (!reader.IsObject(StrictReader.Root))
            return [];
        while (reader.NextField(Fields, ref seen, "", out _))
        {
            if (!reader.IsArray("files"))
                continue;
            for (var i = 0; reader.Read() && reader.Token != JsonTokenType.EndArray; i++)
            {
                if (i == ServiceLimits.FilesAsked)
                    reader.Errors.Add("files", $"has more than {ServiceLimits.Count(ServiceLimits.FilesAsked)} names");
                if (reader.String($"files[{i}]") is not { } text)
                    continue;
                if (FileName.TryParse(text, out var name))
                    names.Add(name);
                else
                    reader.Errors.Add($"files[{i}]", "is not a file's name: sha256: and 64 hexadecimal digits in lower case");
            }
        }

        if (!seen.Has(0))
            reader.Errors.Add("files", "is missing");
        return names.DrainToImmutable();
    }

    private static string CursorAfter(FileSort sort, FileView file)
    {
        Span<byte> bytes = stackalloc byte[CursorSize];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, sort == FileSort.Age ? file.CreatedAt : -file.File.Bytes);
        file.File.Name.Write(bytes[sizeof(long)..]);
        return Base64Url.EncodeToString(bytes);
    }

    private static FilePosition? ReadCursor(string? text)
    {
        if (text is null)
            return null;
        Span<byte> bytes = stackalloc byte[CursorSize];
        return text.Length == Base64Url.GetEncodedLength(CursorSize) && Base64Url.IsValid(text)
            && Base64Url.TryDecodeFromChars(text, bytes, out var length) && length == CursorSize
                ? new FilePosition(System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(bytes), FileName.Read(bytes[sizeof(long)..]))
                : throw new ProblemException(Problems.BadCursor("cursor"));
    }
}
