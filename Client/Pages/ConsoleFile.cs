namespace OrleansTasks.Client.Pages;

/// <summary>One file of the console.</summary>
/// <param name="Type">Its media type.</param>
/// <param name="Plain">Its bytes.</param>
/// <param name="Brotli">The bytes compressed with Brotli; null if the archive lacks them.</param>
/// <param name="Gzip">The bytes compressed with gzip; null if the archive lacks them.</param>
/// <param name="Tag">16 hexadecimal digits of the hash of the bytes, for the ETag.</param>
internal sealed record ConsoleFile(string Type, byte[] Plain, byte[]? Brotli, byte[]? Gzip, string Tag);
