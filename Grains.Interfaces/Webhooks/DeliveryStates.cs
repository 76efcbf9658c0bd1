namespace OrleansTasks.Webhooks;

/// <summary>The names of deliveries' states in the HTTP contract.</summary>
public static class DeliveryStates
{
    private static readonly string[] Names = ["open", "delivered", "failed", "missed"];

    /// <summary>The name that the HTTP contract uses.</summary>
    public static string Name(this DeliveryState state) => Names[(int)state];
}
