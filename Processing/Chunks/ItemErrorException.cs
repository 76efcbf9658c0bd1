namespace OrleansTasks.Processing.Chunks;

/// <summary>An item has an error that the plan does not skip.</summary>
/// <param name="error">The error.</param>
public sealed class ItemErrorException(ItemError error) : Exception(error.Message)
{
    /// <summary>The error and its item.</summary>
    public ItemError Error => error;
}
