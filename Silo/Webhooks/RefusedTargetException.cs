namespace OrleansTasks.Silo.Webhooks;

/// <summary>Thrown if a name resolves to an address to which webhooks may not be sent.</summary>
internal sealed class RefusedTargetException(string message) : Exception(message);
