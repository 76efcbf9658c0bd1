namespace OrleansTasks.Silo.Webhooks;

/// <summary>A name leads to an address that webhooks may not be sent to.</summary>
internal sealed class RefusedTargetException(string message) : Exception(message);
