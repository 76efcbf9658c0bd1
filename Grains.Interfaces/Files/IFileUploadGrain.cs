using OrleansTasks.Processing.Files;

namespace OrleansTasks.Files;

/// <summary>
/// Takes the bytes of one upload, on the silo where it is activated. Key: a new random id, never used again. Calls follow one another: the
/// next block is sent before the last one is answered at most once. What a silo has of an upload is lost with the silo, and after some
/// minutes without a call. All methods throw <see cref="Storage.StoreUnavailableException"/>; nothing of the upload is kept then.
/// </summary>
[Alias("ot.IFileUploadGrain")]
public interface IFileUploadGrain : IGrainWithGuidKey
{
    /// <summary>Takes the next bytes. Their offset is the number of bytes sent before.</summary>
    [Alias("Append")]
    Task<UploadReply> Append(FileBlock block);

    /// <summary>
    /// Stores what was sent as a file, durably. <paramref name="bytes"/> is the number of bytes sent; <paramref name="expected"/> is the
    /// name that the file must have, null for any.
    /// </summary>
    [Alias("Complete")]
    Task<UploadReply> Complete(long bytes, FileName? expected);

    /// <summary>Stores each regular file of what was sent, which is a tar archive, and not the archive.</summary>
    [Alias("Unpack")]
    Task<UploadReply> Unpack(long bytes);

    /// <summary>Forgets what was sent.</summary>
    [Alias("Discard")]
    Task Discard();
}
