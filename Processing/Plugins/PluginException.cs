namespace OrleansTasks.Processing.Plugins;

/// <summary>A plug-in cannot be used.</summary>
/// <param name="message">Which plug-in it is, and why.</param>
/// <param name="cause">The underlying error, if any.</param>
public sealed class PluginException(string message, Exception? cause = null) : Exception(message, cause);
