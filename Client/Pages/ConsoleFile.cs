namespace OrleansTasks.Client.Pages;

/// <summary>One file of the console, as it is sent.</summary>
/// <param name="Type">Its media type.</param>
/// <param name="Plain">Its bytes.</param>
/// <param name="Brotli">The same, compressed; null when it is not there.</param>
/// <param name="Gzip">The same, compressed; null when it is not there.</param>
/// <param name="Tag">What differs when the bytes do: 16 hexadecimal digits.</param>
internal sealed record ConsoleFile(string Type, byte[] Plain, byte[]? Brotli, byte[]? Gzip, string Tag);
