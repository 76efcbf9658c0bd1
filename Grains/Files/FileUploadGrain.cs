using OrleansTasks.Processing.Files;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;

namespace OrleansTasks.Files;

/// <summary>
/// One upload under way. Each call waits for the disk, so a sender that waits for its answers is no faster than the disk. After a refusal
/// the activation ends, and with it everything that was sent; so it does after two minutes without a call.
/// </summary>
[GrainType("file-upload"), CollectionAgeLimit(Minutes = 2)]
public sealed class FileUploadGrain(FileDepot depot) : Grain, IFileUploadGrain
{
    private IFileUpload? upload;
    private TarScanner? archive;
    private ArchiveUnpacking? unpacking;
    private UploadReply? end;

    /// <inheritdoc/>
    public async Task<UploadReply> Append(FileBlock block, bool isArchive)
    {
        ArgumentNullException.ThrowIfNull(block);
        if (end is not null)
            return end;
        if (block.Offset != (upload?.Bytes ?? 0))
            return await End(new UploadReply(UploadOutcome.Lost));
        return await OrFull(async () =>
        {
            upload ??= await depot.Begin();
            if (isArchive)
            {
                archive ??= new TarScanner();
                archive.Add(block.Bytes.Span);
                if (archive.Fault is { } fault)
                    return await End(new UploadReply(UploadOutcome.BadArchive) { Fault = fault });
            }

            await upload.Write(block.Bytes);
            return new UploadReply(UploadOutcome.Done);
        });
    }

    /// <inheritdoc/>
    public async Task<UploadReply> Complete(long bytes, FileName? expected)
    {
        if (end is not null)
            return end;
        if (bytes != (upload?.Bytes ?? 0))
            return await End(new UploadReply(UploadOutcome.Lost));
        return await OrFull(async () =>
        {
            // A file may be empty.
            upload ??= await depot.Begin();
            var file = upload.Seal();
            if (expected is { } name && name != file.Name)
                return await End(new UploadReply(UploadOutcome.WrongHash) { File = file });
            var stored = (await depot.Store([upload]))[0];
            return await End(new UploadReply(UploadOutcome.Done) { File = stored.File, WasThere = stored.WasThere });
        });
    }

    /// <inheritdoc/>
    public async Task<UploadReply> Unpack(long bytes)
    {
        if (end is not null)
            return end;
        if (archive is null || upload is null || bytes != upload.Bytes)
            return await End(new UploadReply(bytes == 0 ? UploadOutcome.BadArchive : UploadOutcome.Lost)
            { Fault = bytes == 0 ? TarScanner.Truncated : null });
        archive.Finish();
        if (archive.Fault is { } fault)
            return await End(new UploadReply(UploadOutcome.BadArchive) { Fault = fault });
        return await OrFull(async () =>
        {
            unpacking ??= new ArchiveUnpacking(depot, upload, archive.Entries);
            var files = await unpacking.Next();
            var reply = new UploadReply(UploadOutcome.Done) { Files = files, HasMore = unpacking.HasMore };
            return reply.HasMore ? reply : await End(reply);
        });
    }

    /// <inheritdoc/>
    public async Task Discard() => await End(new UploadReply(UploadOutcome.Lost));

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        await End(new UploadReply(UploadOutcome.Lost));

    private async Task<UploadReply> OrFull(Func<Task<UploadReply>> step)
    {
        try
        {
            return await step();
        }
        catch (FileStoreFullException)
        {
            return await End(new UploadReply(UploadOutcome.Full));
        }
        catch (Exception fault) when (fault is StoreUnavailableException or OutcomeUnknownException or IOException)
        {
            await End(new UploadReply(UploadOutcome.Lost));
            throw fault is IOException ? new StoreUnavailableException("The upload cannot be read again.", fault) : fault;
        }
    }

    private async Task<UploadReply> End(UploadReply reply)
    {
        if (end is not null)
            return end;
        end = reply;
        if (unpacking is not null)
            await unpacking.DisposeAsync();
        if (upload is not null)
            await upload.DisposeAsync();
        DeactivateOnIdle();
        return reply;
    }
}
