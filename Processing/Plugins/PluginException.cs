namespace OrleansTasks.Processing.Plugins;

/// <summary>A plug-in cannot be used.</summary>
/// <param name="message">Which, and why.</param>
/// <param name="cause">What went wrong, if something did.</param>
public sealed class PluginException(string message, Exception? cause = null) : Exception(message, cause);
