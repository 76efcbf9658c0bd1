namespace OrleansTasks.Client.Contract;

/// <summary>Marks a list of items. The schema of its items gives it its name.</summary>
internal interface IListAnswer;
