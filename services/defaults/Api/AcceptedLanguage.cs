using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Fabrique;

/// <summary>The language that a request prefers, where its address does not say it.</summary>
public static class AcceptedLanguage
{
    /// <summary>The first language of <c>Accept-Language</c> that a node speaks; null when there is none.</summary>
    public static Language? Accepted(this HttpRequest request) =>
        request
            .GetTypedHeaders()
            .AcceptLanguage.OrderByDescending(accepted => accepted.Quality ?? 1)
            .Select(accepted => Language.Find(accepted.Value.ToString()))
            .FirstOrDefault(language => language is not null);

    /// <summary>From here on, what is said to whoever made the request is in the language.</summary>
    public static void Speak(Language language) => CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(language.Code);
}
