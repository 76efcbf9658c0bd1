namespace OrleansTasks.Cli.Map;

/// <summary>One task of a map before it is submitted.</summary>
/// <param name="Number">Its number, from 1, in the order of the arguments.</param>
/// <param name="Command">The line for the shell.</param>
/// <param name="Arguments">The arguments as <see cref="ByteText"/>.</param>
internal sealed record MapLine(long Number, string Command, string[] Arguments);
