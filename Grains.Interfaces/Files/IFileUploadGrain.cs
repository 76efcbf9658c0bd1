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
    /// <summary>
    /// Takes the next bytes. Their offset is the number of bytes sent before. An archive is checked as it arrives.
    /// </summary>
    [Alias("Append")]
    Task<UploadReply> Append(FileBlock block, bool isArchive);

    /// <summary>
    /// Stores what was sent as a file, durably. <paramref name="bytes"/> is the number of bytes sent; <paramref name="expected"/> is the
    /// name that the file must have, null for any.
    /// </summary>
    [Alias("Complete")]
    Task<UploadReply> Complete(long bytes, FileName? expected);

    /// <summary>
    /// Stores regular files of what was sent, which is a tar archive. Returns the next ones, in the order of the archive; the caller calls
    /// again while there are more.
    /// </summary>
    [Alias("Unpack")]
    Task<UploadReply> Unpack(long bytes);

    /// <summary>Forgets what was sent.</summary>
    [Alias("Discard")]
    Task Discard();
}
